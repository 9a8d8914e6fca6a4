"""Run a Havre node."""
