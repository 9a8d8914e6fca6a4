"""Keep the placed entries as a tree of hashes: integrate and sign, publish, and prove."""
