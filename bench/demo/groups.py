"""Share within a group: who is outside gets nothing, who joins gets the past once, who leaves is told to delete."""

from dataclasses import dataclass
from http import HTTPStatus

import orjson

from bench.demo.cast import Stage
from bench.demo.checks import Checks, expect, wait_until
from bench.demo.member import Member
from bench.demo.pictures import synthetic_signals
from bench.demo.requests import read, read_feed

_SIGNALS = 300
_NEWER_SIGNALS = 20


@dataclass(frozen=True, kw_only=True)
class Shared:
    """Signals that were shared with one group: its name (`owner/id`) and their values."""

    group: str
    values: frozenset[str]


def share_in_group(stage: Stage, checks: Checks) -> None:
    """Share with a group of the platform and the NGO; then let the agency in, and out again."""
    platform, ngo, agency = stage.members
    with checks.check("the platform founds a group of itself and the NGO, and pushes signals to it alone") as tell:
        group = _found(stage, platform, name="Red team exchange", history="all", others=(ngo,))
        shared = _share(stage, platform, group, "for the group", count=_SIGNALS)
        tell(f"{len(shared.values)} signals")
    with checks.check("the NGO, a member, pulls them"):
        wait_until(lambda: _pulled(ngo, shared) == shared.values, what="not all came")
    with checks.check("the agency, outside: nothing in its whole feed, 404 for record and group, no stream"):
        _expect_nothing(agency, shared, record_of=platform)
        # The same questions of a member, so that none of them is answered with nothing in any case.
        expect(_answers(ngo, platform, group), (HTTPStatus.OK, HTTPStatus.OK, True), "the NGO's answers")
        agency.pull()
        expect(agency.held(group=group), [], "what the agency's SDK holds")
    with checks.check("the group's next revision lets the agency in: all of the past comes, once") as tell:
        expect(platform.command("group", "add", group, agency.name, "--observer")["refused"], 0, "refusals")
        tell(f"{_arrived_once(agency, shared)} signals")
    with checks.check("the revision after that lets it out: from then on the node serves none of it"):
        expect(platform.command("group", "remove", group, agency.name)["refused"], 0, "refusals")
        _expect_nothing(agency, shared, record_of=platform)
    with checks.check("the agency's SDK is told that the streams ended, and deletes what came by them") as tell:
        wait_until(lambda: not _pulled(agency, shared), what="still held")
        expect(agency.held(group=group), [], "what it holds of the group")
        with agency.partner() as partner:
            ended = [one for one in partner.status().ended if one.reason == "left_group"]
        expect(sum(one.records for one in ended if one.kind == "signal"), len(shared.values), "signals deleted")
        tell("left_group")
    with checks.check("the NGO, still a member, keeps them"):
        expect(_pulled(ngo, shared), shared.values, "what it holds")


def share_from_joining(stage: Stage, checks: Checks) -> str:
    """Share with a group whose newcomers get nothing of the past; return its name: the NGO is not in it."""
    platform, _ngo, agency = stage.members
    with checks.check("a group whose newcomers get no past: the agency gets what is pushed after it joined") as tell:
        group = _found(stage, platform, name="From now on", history="from_joining", others=())
        before = _share(stage, platform, group, "before joining", count=_NEWER_SIGNALS)
        platform.command("group", "add", group, agency.name)
        after = _share(stage, platform, group, "after joining", count=_NEWER_SIGNALS)
        _arrived_once(agency, after)
        served = read_feed(agency)
        expect(sum(value.encode() in served for value in before.values), 0, "values of the past")
        expect(agency.values(group=group), after.values, "what it holds")
        tell(f"{len(after.values)} of {len(before.values | after.values)}")
    return group


def _found(stage: Stage, owner: Member, *, name: str, history: str, others: tuple[Member, ...]) -> str:
    members = [argument for each in others for argument in ("--member", each.name)]
    purpose_text = ("--purpose-text", "Hashes that red teams of models found.")
    expires = ("--expires", f"{stage.ends:%Y-%m-%d}")
    said = owner.command("group", "create", "--name", name, *purpose_text, "--history", history, *expires, *members)
    return str(said["group"])


def _share(stage: Stage, origin: Member, group: str, what: str, *, count: int) -> Shared:
    """Push synthetic signals to a group by the command, from a file."""
    signals = list(synthetic_signals(count, what=what))
    path = stage.folder / f"{what.replace(' ', '-')}.ndjson"
    path.write_bytes(b"".join(orjson.dumps(signal) + b"\n" for signal in signals))
    terms = ("--tlp", "AMBER+STRICT", "--group", group, "--expires", f"{stage.ends:%Y-%m-%d}")
    said = origin.command("push", str(path), *terms)
    expect((said["pushed"], said["refused"]), (count, 0), "pushed, refused")
    return Shared(group=group, values=frozenset(signal["value"] for signal in signals))


def _expect_nothing(reader: Member, shared: Shared, *, record_of: Member) -> None:
    served = read_feed(reader)
    expect(sum(value.encode() in served for value in shared.values), 0, "values in the feed")
    expect(shared.group.encode() in served, False, "the group in the feed")
    answers = _answers(reader, record_of, shared.group)
    expect(answers, (HTTPStatus.NOT_FOUND, HTTPStatus.NOT_FOUND, False), "record, group, its streams")


def _answers(reader: Member, origin: Member, group: str) -> tuple[int, int, bool]:
    """Return what `reader` is answered about a signal of the group and the group, and whether it sees its streams."""
    record = next(one for one in origin.held(kind="signal", group=group))
    streams = orjson.loads(read(reader, "/v1/streams").content)["streams"]
    return (
        read(reader, f"/v1/records/{origin.name}/{record.id}").status_code,
        read(reader, f"/v1/records/{group}").status_code,
        any(group in one["audience"]["groups"] for one in streams),
    )


def _pulled(reader: Member, shared: Shared) -> set[str]:
    reader.pull()
    return reader.values(group=shared.group)


def _arrived_once(reader: Member, shared: Shared) -> int:
    """Pull until all of `shared` is there; return how many signals that were, each having come once.

    Raises:
        CheckFailed: not all came, or one came twice.
    """
    pages: list[bytes] = []

    def has_all() -> bool:
        pages.append(reader.pull())
        return reader.values(group=shared.group) >= shared.values

    wait_until(has_all, what="not all came")
    pages.append(reader.pull())
    came = b"".join(pages)
    expect({came.count(value.encode()) for value in shared.values}, {1}, "how often each came")
    return len(shared.values)
