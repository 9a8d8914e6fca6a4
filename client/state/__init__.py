"""What a partner keeps between exchanges, in one SQLite file; SQL stands in these modules alone."""
