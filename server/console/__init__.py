"""Show the access trail and its proof to people: pages behind a door of their own, for passkeys and sessions."""
