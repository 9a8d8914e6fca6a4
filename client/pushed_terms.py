"""The terms that a signed manifest says, as they were given."""

from typing import Any

from client.drafting import Terms
from client.judging import load_manifest


def terms_of(claims: dict[str, Any]) -> Terms:
    """Return the terms that stand in a manifest's claims."""
    manifest = load_manifest(claims)
    audience = manifest.audience
    return Terms(
        tlp=audience.tlp,
        expires=manifest.expires,
        groups=audience.groups,
        organisations=audience.organisations,
        sectors=audience.sectors,
        purposes=audience.purposes,
        about=manifest.about,
    )
