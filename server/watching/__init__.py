"""How operators see a node at work: events, metrics, traces. Nothing here is evidence; the trail is.

No label, field or attribute holds anything that a caller chose.
"""
