"""Hold the numbered SQL files that make a node's database, and the snapshot of what they make."""
