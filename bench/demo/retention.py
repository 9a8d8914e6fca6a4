"""See records end: one by its time, one because the law says so; what becomes of it at the node and at clients."""

import os
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson

from bench.demo.cast import Stage
from bench.demo.checks import Checks, expect, wait_until
from bench.demo.member import Member
from bench.demo.pictures import synthetic_signals
from bench.demo.requests import read_feed
from bench.surroundings import process
from client.drafting import Terms
from client.state.records import LiveRecord
from crypto.batches import record_leaf
from crypto.encoding import to_base64url

_LIFETIME = timedelta(seconds=10)
_SHARED = 3


@dataclass(frozen=True, kw_only=True)
class Fleeting:
    """A signal that expires within seconds: its record's id and its value."""

    id: str
    value: str


def share_for_seconds(stage: Stage, checks: Checks) -> Fleeting:
    """Share a signal that expires within seconds, while the agency's own program is told what to block."""
    platform, ngo, agency = stage.members
    with checks.check("the agency follows: the program that it named is told to block all that is live") as tell:
        wanted = len(agency.held())
        with _followed(stage, agency) as told:
            wait_until(lambda: told.read_bytes().count(b"\n") >= wanted, what="not all was told")
        expect({one["change"] for one in _changes(told)}, {"added"}, "what it is told")
        tell(f"{wanted} records")
    with checks.check(f"the platform shares a signal for {_LIFETIME.seconds} seconds: both others hold it"):
        (signal,) = synthetic_signals(1, what="fleeting signal")
        value = signal["value"]
        expires = datetime.now(UTC).replace(microsecond=0) + _LIFETIME
        platform.push([signal], Terms(tlp="GREEN", expires=expires))
        wait_until(lambda: _pulled(ngo, value), what="it did not come")
        (record,) = _pulled(agency, value)
    return Fleeting(id=record.id, value=value)


def expire(stage: Stage, checks: Checks, fleeting: Fleeting) -> None:
    """See that signal end by the clock alone."""
    _platform, ngo, agency = stage.members
    with checks.check("its time is over: the node serves it no more, and neither of them holds it"):
        wait_until(lambda: fleeting.value.encode() not in read_feed(agency), what="still served")
        wait_until(lambda: not ngo.held(value=fleeting.value), what="still held")
        expect(agency.held(value=fleeting.value), [], "what the agency holds")
    with checks.check("the agency's program is told to delete it") as tell:
        with _followed(stage, agency) as told:
            wait_until(lambda: ("removed", "expired") in _told_of(told, fleeting), what="it was not told")
        tell("expired")


def withdraw_as_legal(stage: Stage, checks: Checks) -> None:
    """Withdraw one of three signals of a batch because the law says so, and see its bytes go everywhere."""
    platform, ngo, agency = stage.members
    gone, *others = (signal["value"] for signal in synthetic_signals(_SHARED, what="shared by mistake"))
    with checks.check(f"the platform pushes {_SHARED} signals in one batch; the NGO holds them"):
        platform.push(list(synthetic_signals(_SHARED, what="shared by mistake")))
        wait_until(lambda: _pulled(ngo, gone), what="they did not come")
        expect(stage.log.stores(gone), True, "whether the node stores it")
    (record,) = platform.held(value=gone)
    leaf = record_leaf(record.line)
    with checks.check("it withdraws one as legal: at once the node serves a leaf in place of the line"):
        platform.command("withdraw", record.id, "--reason", "legal")
        served = read_feed(agency)
        said = b'{"erased":"%b"}' % to_base64url(leaf).encode()
        expect((gone.encode() in served, served.count(said)), (False, 1), "its value, its leaf")
        expect([value.encode() in served for value in others], [True, True], "the two others")
    with checks.check("the eraser removes its bytes from the database, and enters in the log what it erased") as tell:
        tell(stage.log.await_erasure(leaf).partition("/")[0])
        expect(stage.log.stores(gone), False, "whether the node stores it")
    with checks.check("the NGO had it, and deletes it; the agency had not, and gets the two others alone"):
        wait_until(lambda: not _pulled(ngo, gone), what="still held")
        agency.pull()
        expect([bool(agency.held(value=value)) for value in (gone, *others)], [False, True, True], "what it holds")
    with checks.check("the withdrawal explains the leaf: the agency's status names nothing as withheld"):
        expect(agency.command("status")["withheld"], {}, "withheld lines")


def _pulled(member: Member, value: str) -> list[LiveRecord]:
    member.pull()
    return member.held(value=value)


@contextmanager
def _followed(stage: Stage, member: Member) -> Iterator[Path]:
    """Run `havre follow` as a member, which tells a program of each change: here it adds them to the file yielded."""
    told = stage.folder / "told.ndjson"
    told.unlink(missing_ok=True)
    told.touch()
    program = shlex.join(["sh", "-c", f"cat >> {shlex.quote(str(told))}"])
    command = member.command_line("follow", "--purpose", "detection", "--on-change", program)
    with process(command, dict(os.environ), stage.folder / "follow.log"):
        yield told


def _changes(told: Path) -> list[dict[str, str]]:
    """Return the changes that the program was told of; a line that is half written is none yet."""
    *lines, _unfinished = told.read_bytes().split(b"\n")
    return [orjson.loads(line) for line in lines]


def _told_of(told: Path, fleeting: Fleeting) -> set[tuple[str, str | None]]:
    return {(one["change"], one.get("reason")) for one in _changes(told) if one["id"] == fleeting.id}
