"""A sharing group as its owner makes and changes it: a signed record, a revision for each change of members."""

import secrets
import time
from collections.abc import Sequence
from http import HTTPStatus

from bench.generating import Signer, sign_lines
from bench.partners import Partner
from bench.raw_http import Connection
from bench.surroundings import Surroundings
from crypto.batches import record_leaf
from crypto.canonical import canonical_bytes
from crypto.encoding import to_base64url
from crypto.identifiers import uuid7

_NDJSON = "application/x-ndjson"
_ID_BYTES, _SALT_BYTES = 10, 16


class Group:
    """A group of `owner`; who joins it gets what was shared with it before."""

    def __init__(self, surroundings: Surroundings, owner: Partner) -> None:
        self._surroundings = surroundings
        self._owner = owner
        self._id = _new_id()
        self._leaves: list[str] = []
        self._members = [owner.name]
        self.audience: dict[str, object] = {
            "tlp": "AMBER+STRICT",
            "groups": [f"{owner.name}/{self._id}"],
            "organisations": [],
            "sectors": [],
            "purposes": [],
        }

    def add(self, connection: Connection, *partners: Partner) -> None:
        """Share the group's next revision, which names these partners too; it returns with the answer, 201.

        Raises:
            RuntimeError: the node refused it.
        """
        self._members += [partner.name for partner in partners]
        line = canonical_bytes(self._revision(self._members))
        signer = Signer(
            federation=self._surroundings.place.federation,
            organisation=self._owner.name,
            record_key=self._owner.records,
            audience=self.audience,
        )
        document, _ = sign_lines(signer, _new_id(), [line], kind="group")
        answer = connection.send(
            self._surroundings.request(
                self._owner, "POST", "/v1/batches", purpose="contribution", body=document, media=_NDJSON
            )
        )
        if answer.status != HTTPStatus.CREATED:
            raise RuntimeError(f"a group was answered {answer.status}: {answer.tail.decode(errors='replace')}")
        self._leaves.append(to_base64url(record_leaf(line)))

    def _revision(self, members: Sequence[str]) -> dict[str, object]:
        revision = {
            "id": self._id,
            "kind": "group",
            "revision": len(self._leaves) + 1,
            "salt": to_base64url(secrets.token_bytes(_SALT_BYTES)),
            "status": "active",
            "name": "A measured group",
            "purpose_text": "Share synthetic signals while they are measured.",
            "members": [{"organisation": name, "role": "member", "since": "2026-01-01"} for name in members],
            "history": "all",
        }
        return {**revision, "replaces": sorted(self._leaves)} if self._leaves else revision


def _new_id() -> str:
    return str(uuid7(now_ms=time.time_ns() // 1_000_000, random=secrets.token_bytes(_ID_BYTES)))
