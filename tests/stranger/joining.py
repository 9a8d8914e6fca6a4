# ruff: noqa: T201 - it is a command
"""How the partner of `partner.py` joins, once: keys, its first statement, and the application (docs/protocol.md §3).

    joining.py FILE NODE_URL ROOT_THUMBPRINT NAME SECTOR

It prints the statement. Two operators of the node compare its digest with you by telephone, and approve of it.
"""

import os
import secrets
import sys

from partner import YEAR, Partner, b64, canonical, jwk_of, moment, now, sealed, thumb, uuid7

ROLES = {"exchange": ["administrator", "consumer", "contributor"], "record": []}


def listed(partner, use):
    """Return what a statement says of a key (§3.2)."""
    jwk, holder = jwk_of(partner.key[use]), "system-1" if ROLES[use] else None
    proof = sealed(partner.key[use], "possession", partner.mine | {"sub": thumb(jwk)})
    said = {"jwk": jwk, "use": use, "from": moment(now()), "until": None, "roles": ROLES[use]}
    return said | {"holder": holder, "proof": proof}


def apply(partner, sector):
    """Sign the first statement, send it, and return it (§3.4)."""
    keys = sorted((listed(partner, use) for use in ROLES), key=lambda key: thumb(key["jwk"]))
    claims = partner.mine | {"jti": uuid7(), "iat": now(), "exp": now() + YEAR, "seq": 1, "prev": None, "keys": keys}
    claims |= {"root": jwk_of(partner.key["root"]), "display_name": partner.mine["iss"], "sector": sector}
    claims |= {"home": partner.home, "revoked": [], "root_change": None}
    statement = sealed(partner.key["root"], "statement", claims)
    partner.ask("POST", "/v1/applications", "administration", canonical({"statement": statement}))
    partner.keep()
    return statement


if __name__ == "__main__":
    os.umask(0o077)
    file, url, pin, name, sector = sys.argv[1:]
    keys = {use: b64(secrets.token_bytes(32)) for use in ("root", *ROLES)}
    fresh = {
        "url": url,
        "pin": pin,
        "name": name,
        "keys": keys,
        "next": None,
        "roots": {},
        "streams": {},
        "records": {},
    }
    print(apply(Partner(file, **fresh), sector))
