"""The main job: two operators admit members, one pushes, the others pull and verify, one record is withdrawn."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import orjson

from bench.demo.attacks import attack_with_revoked_key
from bench.demo.cast import Stage
from bench.demo.checks import CheckFailed, Checks, expect, wait_until
from bench.demo.member import Member
from bench.demo.pictures import picture_signals, synthetic_signals
from client.failures import NotAuthenticated
from client.state.records import LiveRecord

_PURPOSES = ("detection", "model_safety")


@dataclass(frozen=True, kw_only=True)
class Shared:
    """What the platform shared: the contents by which the others must find them again."""

    contents: frozenset[tuple[str, str]]


def admit_members(stage: Stage, checks: Checks) -> None:
    """Let a platform, an NGO and a government agency apply, and two operators admit each."""
    for name, sector, roles in (
        ("platform.example", "platform", ("contributor", "consumer")),
        ("ngo.example", "ngo", ("contributor", "consumer")),
        ("agency.example", "government", ("consumer",)),
    ):
        member = stage.new_member(name, sector=sector, roles=roles)
        with checks.check(f"{name} applies; nothing is open to it yet"):
            expect(member.command("apply")["status"], "pending", "its status")
            _expect_no_entrance(member)
        with checks.check(f"{name}: one operator approves, it still waits"):
            expect("second operator" in stage.admit(member, operator=1, roles=roles), True, "what the node said")
            _expect_no_entrance(member)
        with checks.check(f"{name}: a second operator approves, it is a member") as tell:
            stage.admit(member, operator=2, roles=roles)
            with member.partner() as partner:
                said = partner.whoami()
            expect((said.status, set(said.roles)), ("active", {*roles, "administrator"}), "whoami")
            tell("+".join(sorted(roles)))
    with checks.check("the same operator twice admits nobody"):
        lonely = stage.new_member("lonely.example", sector="research", roles=("consumer",))
        stage.members.remove(lonely)
        lonely.command("apply")
        stage.admit(lonely, operator=1, roles=("consumer",))
        _expect_second_word_refused(stage, lonely)
        _expect_no_entrance(lonely)


def exchange(stage: Stage, checks: Checks, *, count: int) -> Shared:
    """Push real and synthetic signals, pull them on both other sides, compare what arrived with what was meant."""
    platform, ngo, agency = stage.members
    pictures, synthetic = list(picture_signals()), list(synthetic_signals(count))
    shared = Shared(contents=frozenset((each["signal_type"], each["value"]) for each in [*pictures, *synthetic]))
    with checks.check("the platform pushes MD5, SHA-1, SHA-256 and PDQ of harmless pictures") as tell:
        tell(f"{_push(platform, pictures)} signals")
    with checks.check("the platform pushes synthetic signals of model red-teaming") as tell:
        tell(f"{_push(platform, synthetic)} signals")
    with checks.check("the same input again pushes nothing twice") as tell:
        with platform.partner() as partner:
            outcome = partner.push(platform.drafts(pictures))
        expect((outcome.pushed, outcome.already), (0, len(pictures)), "pushed, already there")
        tell(f"{outcome.already} known")
    for member, purpose in zip((ngo, agency), _PURPOSES, strict=True):
        with checks.check(f"{member.name} pulls for {purpose}, and verifies every batch, place and chain") as tell:
            wait_until(lambda: _pulled(member, purpose) == shared.contents, what="not all came")  # noqa: B023 - called at once
            tell(f"{len(shared.contents)} signals")
    with checks.check("both hold exactly what the platform signed, origin and type for type") as tell:
        types = Counter(signal_type for signal_type, _value in _held(ngo))
        expect(_held(ngo), _held(agency), "what they hold")
        tell(" ".join(f"{name} {number}" for name, number in sorted(types.items()) if name in {"md5", "pdq"}))
    for member in (platform, ngo, agency):
        with checks.check(f"{member.name} opens the log entries of its own acts by their receipts") as tell:
            tell(f"{_open_receipts(member)} receipts")
    return shared


def withdraw(stage: Stage, checks: Checks, shared: Shared) -> None:
    """Withdraw one signal at its origin and see it go on the other sides."""
    platform, ngo, agency = stage.members
    with platform.partner() as partner:
        record = next(one for one in partner.live_records(origin=platform.name) if _content(one)[0] == "pdq")
    content = _content(record)
    with checks.check("the platform withdraws one signal") as tell:
        with platform.partner() as partner:
            outcome = partner.withdraw([record.id], reason="benign_collision")
        expect((outcome.pushed, outcome.refused), (1, []), "the withdrawal")
        tell("1 withdrawn")
    for member, purpose in zip((ngo, agency), _PURPOSES, strict=True):
        with checks.check(f"{member.name} learns of it and holds it no more"):
            wait_until(lambda: content not in _pulled(member, purpose), what="still held")  # noqa: B023 - called at once
            expect(len(_held(member)), len(shared.contents) - 1, "signals left")


def revoke_key(stage: Stage, checks: Checks) -> None:
    """Give the agency a new exchange key, revoke the old one, and use both."""
    *_others, agency = stage.members
    old = agency.exchange_key("consumer")
    with checks.check("the agency revokes its key and lists a new one, by a new statement"):
        agency.command("keys", "new", "exchange")
        roles = ("--role", "consumer", "--role", "administrator")
        agency.command("statement", "revoke", old.thumbprint, "--reason", "superseded", *roles)
        expect(agency.command("statement", "submit")["status"], "current", "the statement")
        with agency.partner() as partner:
            said = partner.whoami()
        expect(said.statement_seq, 2, "the statement in force")
    attack_with_revoked_key(stage, checks, agency, old)


def _push(member: Member, records: list[dict[str, Any]]) -> int:
    member.push(records)
    return len(records)


def _pulled(member: Member, purpose: str) -> frozenset[tuple[str, str]]:
    member.pull(purpose)
    return _held(member)


def _held(member: Member) -> frozenset[tuple[str, str]]:
    return frozenset(_content(one) for one in member.held())


def _content(record: LiveRecord) -> tuple[str, str]:
    members = orjson.loads(record.line)
    return members["signal_type"], members["value"]


def _open_receipts(member: Member) -> int:
    with member.partner() as partner:
        checked = partner.check_receipts()
    wrong = [one for one in checked if one.finding is not None]
    if not checked or wrong:
        raise CheckFailed(
            f"{len(wrong)} of {len(checked)} receipts do not open: {sorted({str(one.finding) for one in wrong})}"
        )
    return len(checked)


def _expect_no_entrance(member: Member) -> None:
    with member.partner() as partner:
        try:
            partner.whoami()
        except NotAuthenticated:
            return
    raise CheckFailed("it was let in")


def _expect_second_word_refused(stage: Stage, member: Member) -> None:
    try:
        said = stage.admit(member, operator=1, roles=("consumer",))
    except CheckFailed:
        return
    expect("second operator" in said, True, "what the node said")
