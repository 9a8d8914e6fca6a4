"""Witnesses: cosign other nodes' checkpoints, and have one's own cosigned (C2SP tlog-witness)."""
