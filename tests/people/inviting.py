"""Members with the keys that inviting needs, and the invitations that they sign."""

from typing import Any

from crypto.documents import INVITATION, sign_document
from tests.partners import DAY, FEDERATION, Answered, Held, Partner, an_id, now_seconds

AT_MOST = ("administrator", "auditor", "consumer", "contributor", "federation_auditor")


def with_keys(partner: Partner) -> Partner:
    """Give `partner` a key and a holder for each of the roles that people, or those who invite them, have."""
    partner.keys = [partner.record]
    partner.exchange = partner.add_key("administrator", roles=["administrator"], holder="administrator-system")
    partner.add_key("auditor", roles=["auditor"], holder="auditor-system")
    partner.add_key("federation_auditor", roles=["federation_auditor"], holder="federation-auditor-system")
    partner.add_key("contributor", roles=["contributor"], holder="contributor-system")
    return partner


def key_of(partner: Partner, role: str) -> Held:
    return next(held for held in partner.keys if held.roles == [role])


def invitation(partner: Partner, *, by: Held | None = None, **changes: Any) -> str:
    """An invitation of an auditor, signed by the administrator's key; `changes` alter the claims."""
    now = now_seconds()
    claims = {
        "v": 1,
        "federation": FEDERATION,
        "iss": partner.name,
        "jti": an_id(),
        "iat": now,
        "exp": now + DAY,
        "holder": "auditor-7",
        "roles": ["auditor"],
    }
    held = by or partner.exchange
    return sign_document(claims | changes, typ=INVITATION, key=held.key, keyid=partner.keyid(held.key))


def hand_in(partner: Partner, token: str, *, by: Held | None = None) -> Answered:
    return partner.post("/v1/invitations", {"invitation": token}, by=by)


def invite(partner: Partner, **changes: Any) -> str:
    """The link of an invitation that the node has taken."""
    answered = hand_in(partner, invitation(partner, **changes))
    assert answered.status == 201, answered.body
    link: str = answered.json["link"]
    return link
