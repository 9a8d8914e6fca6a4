"""Groups: records that say who shares with whom, and what follows from each revision."""
