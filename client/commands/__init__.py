"""The sub-commands of `havre`, one module a noun."""
