"""The only door: signature, key, organisation, role, purpose, endpoint, entry, signed answer; one transaction."""
