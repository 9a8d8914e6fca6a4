"""The auditor's part: who received a signal, a proof verified offline, a superuser caught, a link to the console."""

import os
import subprocess
from pathlib import Path
from typing import Any

import orjson
import psycopg

from bench.demo.cast import Stage
from bench.demo.checks import CheckFailed, Checks, expect, wait_until
from bench.demo.member import Member
from client.state.records import LiveRecord

_ROLES = ("auditor", "federation_auditor")
_BUNDLE = "trail.havre-bundle.zip"


def admit_auditor(stage: Stage, checks: Checks) -> Member:
    """Let a ministry join that only looks: one person keeps its keys, another audits, each with a key of their own."""
    with checks.check("a ministry joins; its auditor has a key of their own, and shares nothing"):
        ministry = stage.new_member("ministry.example", sector="government", roles=())
        stage.members.remove(ministry)
        ministry.command("apply")
        for operator in (1, 2):
            stage.admit(ministry, operator=operator, roles=_ROLES)
        ministry.command("keys", "new", "exchange")
        ministry.command("statement", "renew", *_role_options(), "--holder", "auditor-1")
        ministry.command("statement", "submit")
    return ministry


def see_exposure(stage: Stage, checks: Checks, ministry: Member) -> None:
    """Ask to whom one signal was released, and compare with who holds it."""
    platform, ngo, agency = stage.members
    (record, *_) = _shared_with_both(ngo, agency)
    released: list[tuple[str, str]] = []
    with checks.check("the auditor asks to whom one signal was released, when, and for which purpose") as tell:
        report: dict[str, Any] = {}

        def is_complete() -> bool:
            nonlocal report
            report = _audit(ministry, "exposure", f"{record.origin}/{record.id}", "--federation")
            return {ngo.name, agency.name} <= {one["organisation"] for one in report["releases"]}

        wait_until(is_complete, what="the report does not name them")
        released = sorted({(one["organisation"], one["purpose"]) for one in report["releases"]})
        expect({name for name, _ in released} <= {platform.name, ngo.name, agency.name}, True, "nobody else had it")
        tell(f"{len(report['releases'])} releases")
    for organisation, purpose in released:
        checks.say(f"{record.origin}/{record.id} → {organisation} for {purpose}")
    with checks.check("a member that is no auditor is refused, and that is in the trail"):
        _refused(ngo, "audit", "search")


def verify_offline(stage: Stage, checks: Checks, ministry: Member) -> Path:
    """Take a proof bundle of the whole log, and verify it without the node."""
    path = stage.folder / _BUNDLE
    with checks.check("the auditor takes a proof of the whole log away") as tell:
        _audit(ministry, "bundle", str(path), "--federation")
        tell(f"{path.stat().st_size // 1024} KiB")
    with checks.check("offline: the tree, the log's signature, every request's signature, every leaf") as tell:
        verdict = _verdict(ministry, path)
        expect((verdict["verdict"], verdict["complete"], verdict["unopened"]), ("whole", True, 0), "the verdict")
        tell(f"{verdict['size']} entries")
    with checks.check("one changed byte of that file is found"):
        altered = stage.folder / "altered.havre-bundle.zip"
        data = bytearray(path.read_bytes())
        # Tiles are stored as they are: a byte of the first leaf.
        data[data.index(b"tile/0/") + 64] ^= 1
        altered.write_bytes(data)
        expect(_exit_code(ministry, "audit", "verify", str(altered)) in {1, 5}, True, "the exit code says so")
    return path


def catch_superuser(stage: Stage, checks: Checks, ministry: Member) -> None:
    """Let a superuser of the database change what an entry says, and see that caught; then put it back."""
    with checks.check("a superuser changes one word of one old entry: the auditor is told which") as tell:
        with psycopg.connect(stage.superuser_dsn) as db:
            db.execute("SET session_replication_role = replica")
            (index, entry_id, before) = _first_pull(db)
            changed = before.replace(b'"purpose":"detection"', b'"purpose":"statistics"')
            db.execute("UPDATE entry SET document = %s WHERE entry_id = %s", [changed, entry_id])
        try:
            path = stage.folder / "after.havre-bundle.zip"
            _audit(ministry, "bundle", str(path), "--federation")
            verdict = _verdict(ministry, path)
        finally:
            with psycopg.connect(stage.superuser_dsn) as db:
                db.execute("SET session_replication_role = replica")
                db.execute("UPDATE entry SET document = %s WHERE entry_id = %s", [before, entry_id])
        expect(verdict["verdict"], "tampered", "the verdict")
        (found, *_) = [one["words"] for one in verdict["findings"] if one["index"] == index] or [""]
        expect(bool(found), True, f"entry {index} is named")
        tell(f"entry {index}")
        checks.say(found)


def invite_to_console(stage: Stage, checks: Checks, ministry: Member) -> str:
    """Invite a person of the ministry to the console; return the link that works once."""
    with checks.check("the ministry invites a person to the console, by a link that works once"):
        invited = ministry.command("people", "invite", "auditor-2", *_role_options())
        link: str = invited["link"]
        expect(link.startswith(f"{stage.origin_url}/console/"), True, "it leads to the console")
    return link


def _role_options() -> list[str]:
    return [argument for role in _ROLES for argument in ("--role", role)]


def _shared_with_both(ngo: Member, agency: Member) -> list[LiveRecord]:
    """Return signals of the platform's that both hold."""
    both = {(one.origin, one.id) for one in agency.held(kind="signal")}
    found = [one for one in ngo.held(kind="signal") if (one.origin, one.id) in both]
    if not found:
        raise CheckFailed("they hold no signal in common")
    return found


def _audit(member: Member, *arguments: str) -> dict[str, Any]:
    return member.command("audit", *arguments)


def _verdict(member: Member, path: Path) -> dict[str, Any]:
    """Return the verdict on a bundle, whatever it is.

    Raises:
        CheckFailed: there is none.
    """
    done = _run(member, "audit", "verify", str(path), "--json")
    if not done.stdout:
        raise CheckFailed(done.stderr.strip()[-500:])
    said: dict[str, Any] = orjson.loads(done.stdout)
    return said


def _refused(member: Member, *arguments: str) -> None:
    expect(_exit_code(member, *arguments), 1, "the exit code")


def _exit_code(member: Member, *arguments: str) -> int:
    return _run(member, *arguments).returncode


def _run(member: Member, *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = member.command_line(*arguments)
    return subprocess.run(command, env=os.environ, capture_output=True, text=True, check=False, timeout=60)


def _first_pull(db: psycopg.Connection) -> tuple[int, Any, bytes]:
    row = db.execute(
        """
        SELECT placed.index, entry.entry_id, entry.document
          FROM placed
          JOIN entry USING (entry_id)
         WHERE entry.action = 'read_feed'
           AND entry.decision = 'allowed'
           AND position('"purpose":"detection"'::bytea IN entry.document) > 0
         ORDER BY placed.index
         LIMIT 1
        """
    ).fetchone()
    if row is None:
        raise CheckFailed("nobody has pulled")
    return row[0], row[1], row[2]
