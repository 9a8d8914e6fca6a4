"""Opinions: what organisations say of each other's records, and how many say it."""
