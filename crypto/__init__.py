"""Pure verification: bytes and values in, bytes and values out; no clock, no randomness, no network, no file."""
