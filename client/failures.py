"""The ways in which an exchange can fail for a partner, each with the exit code of the `havre` command.

A failure carries a constant `reason`, fit for a log; nothing that the other side sent, but for what a verified problem
says in its coded members.
"""

from typing import ClassVar

from client.answer import Answer
from schemas.problems import RefusedMember


class Failure(Exception):
    """Something did not work; `reason` is a constant snake_case token."""

    exit_code: ClassVar[int] = 1

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class NotConfigured(Failure):
    """Keys, files or settings of this side are missing or not as they must be; `about` names which, for its owner."""

    exit_code = 2

    def __init__(self, reason: str, *, about: str | None = None) -> None:
        super().__init__(reason)
        self.about = about


class NotAuthenticated(Failure):
    """The node did not take the request's signature (401).

    `clock_difference_seconds` is the node's `Date` less this clock, unproven, a hint only; None when there was none.
    `keyid` names the key that signed the request.
    """

    exit_code = 3

    def __init__(
        self,
        reason: str = "not_authenticated",
        *,
        clock_difference_seconds: int | None = None,
        keyid: str | None = None,
    ) -> None:
        super().__init__(reason)
        self.keyid = keyid
        self.clock_difference_seconds = clock_difference_seconds


class Unreachable(Failure):
    """No usable answer came: no connection, or an unsigned "no" (`status`), which says failure and nothing else."""

    exit_code = 4

    def __init__(self, reason: str, *, status: int | None = None, retry_after_seconds: int | None = None) -> None:
        super().__init__(reason)
        self.status = status
        self.retry_after_seconds = retry_after_seconds


class NotVerified(Failure):
    """An answer, a document or a place is not what it must be to be believed; nothing of it was kept.

    `went_on`: it is about the organisation `about` alone, whose batches are held; everything else was kept.
    """

    exit_code = 5

    def __init__(self, reason: str, *, about: str | None = None) -> None:
        super().__init__(reason)
        self.about = about
        self.went_on = False


class RootChanged(NotVerified):
    """The organisation `about` has another root than the pinned one, and the old root did not consent.

    Nothing of it is believed until its user has said `havre trust ORG THUMBPRINT`.
    """

    def __init__(self, organisation: str, thumbprint: str) -> None:
        super().__init__("root_changed", about=organisation)
        self.thumbprint = thumbprint


class NodeRootDiffers(RootChanged):
    """The node answers under another root (`thumbprint`) than the one it is known by here (`pinned`)."""

    def __init__(self, node: str, thumbprint: str, *, pinned: str) -> None:
        super().__init__(node, thumbprint)
        self.pinned = pinned


class Refused(Failure):
    """The node said no in a signed problem: `code` is stable, `refused` names members of what was sent."""

    exit_code = 1

    def __init__(
        self,
        code: str,
        *,
        status: int,
        request_id: str,
        refused: tuple[RefusedMember, ...] = (),
        answer: Answer | None = None,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.status = status
        self.request_id = request_id
        self.refused = refused
        self.answer = answer
