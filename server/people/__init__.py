"""Know the people of organisations: invited by a signed invitation, joined by a link, signed in by passkeys."""
