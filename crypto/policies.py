"""Which logs and witnesses are known, and how many of the witnesses must have cosigned (C2SP tlog-policy).

A file in lines: `log <key> [<url>]`, `witness <name> <key> [<url>]`, `group <name> all|any|<k> <name>…`,
`quorum <name>|none`. Names stand before they are used, each is a member once, and there is exactly one quorum.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Final

from crypto.checkpoints import COSIGNATURE, ED25519, VerifierKey, read_verifier_key
from crypto.refusals import NotVerified

NONE: Final = "none"
MOST_BYTES = 256 * 1024
_MOST_OF_EACH = 256
_FORBIDDEN = re.compile(rb"[\x00-\x08\x0b-\x1f\x7f]")
_COUNT = re.compile(r"[1-9][0-9]{0,3}")
_AT_MOST = {"log": 2, "witness": 3, "quorum": 1}
_AT_LEAST = {"log": 1, "witness": 2, "quorum": 1, "group": 3}


class PolicyRefused(NotVerified):
    """The policy is not of its form; `line` counts from 1, 0 stands for the file as a whole."""

    def __init__(self, reason: str, *, line: int) -> None:
        super().__init__(reason)
        self.line = line


@dataclass(frozen=True, kw_only=True)
class PolicyLog:
    """A known log: its key, whose name is the log's origin, and where it is read, if that is said."""

    key: VerifierKey
    url: str | None


@dataclass(frozen=True, kw_only=True)
class PolicyWitness:
    """A known witness: its name in this file, its key, and where it is asked, if that is said."""

    name: str
    key: VerifierKey
    url: str | None


@dataclass(frozen=True, kw_only=True)
class PolicyGroup:
    """At least `least` of `members`, which are witnesses or groups."""

    name: str
    least: int
    members: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Policy:
    """A policy that is of its form; what is in it stands in the order of the file."""

    logs: tuple[PolicyLog, ...]
    witnesses: tuple[PolicyWitness, ...]
    groups: tuple[PolicyGroup, ...]
    quorum: str

    def log(self, origin: str) -> PolicyLog | None:
        """Return the known log with this origin."""
        return next((one for one in self.logs if one.key.name == origin), None)

    def is_met(self, cosigned: Collection[VerifierKey]) -> bool:
        """Return whether these witnesses are enough for the quorum."""
        met = {one.name for one in self.witnesses if one.key in cosigned}
        for group in self.groups:
            if len(met.intersection(group.members)) >= group.least:
                met.add(group.name)
        return self.quorum == NONE or self.quorum in met


@dataclass(kw_only=True)
class _Reading:
    logs: list[PolicyLog] = field(default_factory=list)
    witnesses: list[PolicyWitness] = field(default_factory=list)
    groups: list[PolicyGroup] = field(default_factory=list)
    quorum: str | None = None
    named: set[str] = field(default_factory=lambda: {NONE})
    taken: set[str] = field(default_factory=lambda: {NONE})


def read_policy(data: bytes) -> Policy:
    """Return the policy that a file spells.

    Raises:
        PolicyRefused: which line is not of its form, and why: `policy_characters`, `policy_line`, `policy_key`,
            `policy_name`, `policy_member`, `policy_quorum`, `policy_twice`, `policy_large`.
    """
    if len(data) > MOST_BYTES:
        raise PolicyRefused("policy_large", line=0)
    said = _Reading()
    lines = data.split(b"\n")
    for number, line in enumerate(lines, start=1):
        if _FORBIDDEN.search(line) is not None:
            raise PolicyRefused("policy_characters", line=number)
        # Bytes beyond ASCII are opaque: no two spellings are ever taken for one name.
        words = [word for word in re.split("[ \t]+", line.decode("utf-8", errors="surrogateescape")) if word]
        if not words or words[0].startswith("#"):
            continue
        try:
            _read_line(said, words)
        except PolicyRefused:
            raise
        except NotVerified as error:
            raise PolicyRefused(error.reason, line=number) from error
    if said.quorum is None:
        raise PolicyRefused("policy_quorum", line=0)
    if lines[-1]:
        raise PolicyRefused("policy_line", line=len(lines))
    return Policy(logs=tuple(said.logs), witnesses=tuple(said.witnesses), groups=tuple(said.groups), quorum=said.quorum)


def _read_line(said: _Reading, words: list[str]) -> None:
    kind, *rest = words
    if kind not in _AT_LEAST or not _AT_LEAST[kind] <= len(rest) <= _AT_MOST.get(kind, _MOST_OF_EACH):
        raise NotVerified("policy_line")
    url = rest[-1] if kind != "quorum" and len(rest) == _AT_MOST.get(kind) else None
    if kind == "log":
        key = _key(rest[0], ED25519)
        _check_new(key, [one.key for one in said.logs])
        said.logs.append(PolicyLog(key=key, url=url))
    elif kind == "witness":
        key = _key(rest[1], COSIGNATURE)
        _check_new(key, [one.key for one in said.witnesses])
        said.witnesses.append(PolicyWitness(name=_name(said, rest[0]), key=key, url=url))
    elif kind == "group":
        said.groups.append(_group(said, *rest))
    elif said.quorum is not None:
        raise NotVerified("policy_twice")
    elif rest[0] not in said.named:
        raise NotVerified("policy_quorum")
    else:
        said.quorum = rest[0]
    if max(len(said.logs), len(said.witnesses), len(said.groups)) > _MOST_OF_EACH:
        raise NotVerified("policy_large")


def _key(text: str, algorithm: int) -> VerifierKey:
    try:
        key = read_verifier_key(text)
    except NotVerified as error:
        raise NotVerified("policy_key") from error
    if key.algorithm != algorithm:
        raise NotVerified("policy_key")
    return key


def _check_new(key: VerifierKey, known: list[VerifierKey]) -> None:
    # The same public key under two names would count twice.
    if key.public in [one.public for one in known]:
        raise NotVerified("policy_twice")


def _name(said: _Reading, name: str) -> str:
    if name in said.named:
        raise NotVerified("policy_name")
    said.named.add(name)
    return name


def _group(said: _Reading, name: str, least: str, *members: str) -> PolicyGroup:
    for member in members:
        # Nobody may be counted in two ways, nor as themselves and as a member.
        if member not in said.named or member in said.taken:
            raise NotVerified("policy_member")
        said.taken.add(member)
    if least in {"all", "any"}:
        count = len(members) if least == "all" else 1
    elif _COUNT.fullmatch(least) is None or int(least) > len(members):
        raise NotVerified("policy_line")
    else:
        count = int(least)
    return PolicyGroup(name=_name(said, name), least=count, members=members)
