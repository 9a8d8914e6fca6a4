"""What one asks a feed for, and what one of its pages brought."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

from client.answer import Answer
from client.applying import Applied
from client.pages import Contents
from schemas.answers import Ended
from schemas.manifests import Manifest

DEFAULT_LIMIT = 10_000


@dataclass(frozen=True, kw_only=True)
class Filter:
    """What to pull: one kind, one origin, with or without one's own; None: all."""

    kind: str | None = None
    origin: str | None = None
    own: bool = True

    @property
    def members(self) -> dict[str, str]:
        """Return the query parameters, those only that narrow."""
        named = {"kind": self.kind, "origin": self.origin, "own": None if self.own else "false"}
        return {name: value for name, value in named.items() if value is not None}

    @property
    def text(self) -> str:
        """Return the one spelling of the filter, by which its cursor is kept."""
        return urlencode(sorted(self.members.items()))

    def target(self, *, after: str | None, limit: int) -> str:
        """Return the request target of a page."""
        members = {**({} if after is None else {"after": after}), "limit": str(limit), **self.members}
        return f"/v1/feed?{urlencode(members)}"


@dataclass(frozen=True, kw_only=True)
class PulledLine:
    """A verified record line that counts from now on, with its origin and the claims of its batch's manifest."""

    origin: str
    line: bytes
    manifest: Manifest


@dataclass(frozen=True, kw_only=True)
class PulledPage:
    """What one page brought; `held`, `set_aside` and `withheld` are counts to tell a person about.

    `unverified` names each origin that cannot be verified now, and the reason: its batches are held with their places
    until it can be, and everything else goes on. `records`, `withdrawn` and `lines` hold what was released, too.
    `withheld` counts lines, in all, whose bytes never came and that nothing explains; None before the last page.
    `ended` counts streams that the page says have ended: what came by them is deleted here.
    """

    batches: int
    records: int
    withdrawn: int
    held: int
    set_aside: int
    ended: int
    unknown_lines: int
    withheld: int | None
    is_directory_expired: bool
    unverified: Mapping[str, str]
    more: bool
    poll_after_seconds: int
    receipt: str
    body: bytes = field(repr=False)
    lines: Sequence[PulledLine] = field(repr=False)


def pulled_page(
    contents: Contents,
    applied: Sequence[Applied],
    answer: Answer,
    *,
    withheld: int | None,
    is_directory_expired: bool,
    unverified: Mapping[str, str],
) -> PulledPage:
    """Return what became of a page: `applied` are its batches, and those that were released with it."""
    lines = [(one.batch, line) for one in applied if one.batch is not None for line in one.lines]
    withdrawn = sum(line.value["status"] == "withdrawn" for _, line in lines)
    return PulledPage(
        batches=contents.page.batches,
        records=len(lines) - withdrawn,
        withdrawn=withdrawn,
        held=sum(one.is_held for one in applied),
        set_aside=sum(one.is_set_aside for one in applied),
        ended=sum(len(one.streams) for one in contents.items if isinstance(one, Ended)),
        unknown_lines=contents.unknown_lines,
        withheld=withheld,
        is_directory_expired=is_directory_expired,
        unverified=unverified,
        more=contents.page.more,
        poll_after_seconds=contents.page.poll_after,
        receipt=answer.receipt,
        body=answer.body,
        lines=[PulledLine(origin=batch.origin, line=line.line, manifest=batch.claims) for batch, line in lines],
    )
