"""Take signed batches in, whole or not at all, and give each its place in its stream."""
