"""Admit organisations, keep their statements and keys, and say publicly who is a member."""
