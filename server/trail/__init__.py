"""Keep the access trail: one entry an exchange, committed with its act, opened to whose act it was."""
