"""Keep a node from serving an older past than it has signed: the high-water beside the database, and what judges it."""
