"""Members that have an auditor, and a federation auditor where the admission gives it, and what these ask."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import orjson

from tests.partners import ROLES_OF_A_MEMBER, Answered, Held, Partner, TestNode

_AT_MOST = sorted({*ROLES_OF_A_MEMBER, "auditor", "federation_auditor"})


@dataclass(frozen=True, kw_only=True)
class Watcher:
    """A member with the keys of its auditor and of a federation auditor."""

    partner: Partner
    auditor: Held
    federation_auditor: Held
    told: Any = None

    @property
    def name(self) -> str:
        return self.partner.name

    def trail(self, path: str = "", *, by: Held | None = None, **query: Any) -> Answered:
        """Ask `/v1/trail` and what is below it, as the auditor."""
        asked = f"/v1/trail{path}" + (f"?{urlencode(query, safe='/')}" if query else "")
        return self.partner.get(asked, purpose="audit", by=by or self.auditor)

    def entries(self, *, by: Held | None = None, **query: Any) -> list[dict[str, Any]]:
        """The entries of one page, opened."""
        answered = self.trail(by=by, **query)
        assert answered.status == 200, answered.body
        return [orjson.loads(one["entry"]) for one in answered.json["entries"]]


def with_auditors(node: TestNode, name: str, sector: str, *, told: Mapping[str, str] | None = None) -> Watcher:
    """A member with auditors, admitted over HTTP unless its template has it (`told`)."""
    partner = node.partner(name, sector=sector)
    auditor = partner.add_key("auditor", roles=["auditor"], holder="auditor-1")
    federation_auditor = partner.add_key("federation-auditor", roles=["federation_auditor"], holder="auditor-2")
    if told is None:
        node.admit(partner, roles_at_most=_AT_MOST)
    else:
        partner.keep_grown(told[name])
    return Watcher(partner=partner, auditor=auditor, federation_auditor=federation_auditor, told=partner.statements[0])
