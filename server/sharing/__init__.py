"""Who may have whose batches: groups, audiences, and what an act changes for whom."""
