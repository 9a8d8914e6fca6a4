"""A reader of one feed that keeps what came and drops what ended: the least that a client must do."""

from dataclasses import dataclass, field
from typing import Any

from crypto.batches import StoredDocument, split_documents
from tests.exchanges import claims_in, feed_path, jti_of
from tests.partners import Partner


@dataclass(kw_only=True)
class Follower:
    """What `partner` holds by its feed for one purpose: ids of batches, by stream; `served` is all that ever came."""

    partner: Partner
    purpose: str = "detection"
    after: str | None = None
    held: dict[str, list[str]] = field(default_factory=dict)
    served: list[str] = field(default_factory=list)
    endings: list[str] = field(default_factory=list)
    ended_streams: list[str] = field(default_factory=list)
    more: bool = False

    @property
    def jtis(self) -> set[str]:
        return {jti for jtis in self.held.values() for jti in jtis}

    def pull(self, **query: Any) -> list[str]:
        """Read one page and keep what it says; return the ids of the batches that came."""
        answered = self.partner.get(feed_path(after=self.after, **query), purpose=self.purpose)
        assert answered.status == 200, answered.body
        *parts, last = split_documents(answered.body)
        assert isinstance(last, dict)
        came = []
        for part in parts:
            if isinstance(part, StoredDocument):
                came.append(self._keep(part))
            elif "ended" in part:
                self.endings.append(part["ended"]["reason"])
                for stream in part["ended"]["streams"]:
                    self.held.pop(stream, None)
                    self.ended_streams.append(stream)
        self.after = last["page"]["next"]
        self.more = last["page"]["more"]
        self.answered_with(answered.receipt, came)
        return came

    def answered_with(self, receipt: str, came: list[str]) -> None:
        """What a test wants to remember of an answer: its receipt, and the ids of the batches in it."""

    def follow(self) -> list[str]:
        """Read pages until nothing more is there; return the ids of the batches that came."""
        came = self.pull()
        while self.more:
            came += self.pull()
        return came

    def _keep(self, document: StoredDocument) -> str:
        assert document.accepted is not None
        stream = claims_in(document.accepted)["stream"]
        jti = jti_of(document)
        held = self.held.setdefault(stream, [])
        assert jti not in held, "came twice"
        held.append(jti)
        self.served.append(jti)
        return jti
