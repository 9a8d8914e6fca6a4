"""Incidents: what batches of them must keep beyond the form."""
