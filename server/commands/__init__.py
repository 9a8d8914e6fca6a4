"""The commands of `havre-node`, one module a task."""
