"""Report an AI incident, say what one thinks of it, and keep to the purposes that an origin named."""

from http import HTTPStatus
from typing import Any

import orjson

from bench.demo.cast import Stage
from bench.demo.checks import CheckFailed, Checks, expect, wait_until
from bench.demo.member import Member
from bench.demo.requests import read
from client.drafting import Terms
from client.opining import Opinion
from client.pulled import Filter
from schemas.answers import OpinionCounts

# What every incident of an `ai_*` type must say.
_AI_MEMBERS = {
    "ai": {"status": "confirmed", "kind": "fully_synthetic"},
    "service_kind": "generative_ai_api",
    "safety_control": "bypassed",
    "counts": {"files": "2-5"},
}


def report_incident(stage: Stage, checks: Checks) -> str:
    """Let the platform report what its model was made to produce, and the others find it; return its name."""
    platform, ngo, agency = stage.members
    with checks.check("an AI incident that does not say how it was generated is told so, and is not sent") as tell:
        tell(_expect_incomplete(platform))
    with checks.check("the platform reports ai_csam_generated with all that such an incident must say"):
        incident = _report(stage, platform)
    with checks.check("the NGO and the agency pull it, and find it by its AI fields"):
        for member in (ngo, agency):
            wait_until(lambda: incident in _found(member), what="it did not come")  # noqa: B023 - called at once
    return incident


def give_opinions(stage: Stage, checks: Checks, incident: str) -> None:
    """Let one confirm and one dispute the incident; then let the NGO tell the platform alone about a signal."""
    platform, ngo, agency = stage.members
    with checks.check("the NGO confirms the incident and the agency disputes it: everyone reads both counts") as tell:
        ngo.command("opine", incident, "confirmed", "--reviewed-by", "two_or_more")
        disputed = ("disputed", "--reason", "ai_status_wrong", "--reviewed-by", "one_person")
        agency.command("opine", incident, *disputed)
        for member in stage.members:
            _await_counts(member, incident, confirmed=1, disputed=1)
        tell("disputed")
    with checks.check("an opinion for the origin alone: the platform reads it, the agency knows nothing of it"):
        signal = next(iter(platform.held(kind="signal", tlp="GREEN", signal_type="pdq")))
        _tell_origin(ngo, signal.origin, signal.id)
        name = f"{signal.origin}/{signal.id}"
        _await_counts(platform, name, confirmed=0, disputed=1)
        wait_until(lambda: signal.id in _opined(platform), what="the opinion did not come")
        agency.pull()
        expect(signal.id in _opined(agency), False, "what the agency holds")
        _await_counts(agency, name, confirmed=0, disputed=0)


def keep_to_purposes(stage: Stage, checks: Checks) -> None:
    """Share an incident for investigation alone, and ask for it for one purpose and for the other."""
    platform, _ngo, agency = stage.members
    with checks.check("an incident for investigation alone: asked for detection, no feed or record shows it"):
        record = {**_incident(), "incident_type": "sextortion", "severity": "medium"}
        terms = Terms(tlp="GREEN", expires=stage.ends, purposes=("investigation",))
        with platform.partner() as partner:
            record_id, _outcome = partner.incidents.report(record, terms=terms)
        path = f"/v1/records/{platform.name}/{record_id}"
        # Placed: whoever names the purpose finds it.
        wait_until(lambda: read(agency, path, "investigation").status_code == HTTPStatus.OK, what="not placed")
        expect(read(agency, path, "detection").status_code, HTTPStatus.NOT_FOUND, "the record, for detection")
        expect(str(record_id).encode() in agency.pull("detection"), False, "in the feed for detection")
    with checks.check("asked for investigation the same feed brings it"):
        came = agency.pull("investigation", Filter(kind="incident"))
        expect(str(record_id).encode() in came, True, "in the feed for investigation")


def _incident() -> dict[str, Any]:
    return {
        "incident_type": "ai_csam_generated",
        "state": "open",
        "severity": "high",
        "occurred": {"from": "2026-11-05", "to": "2026-11-05", "precision": "day"},
        "reported_at": "2026-11-05T12:00:00Z",
        "jurisdictions": [],
        **_AI_MEMBERS,
    }


def _expect_incomplete(member: Member) -> str:
    record = {**_incident(), "ai": {"status": "confirmed"}}
    del record["safety_control"]
    with member.partner() as partner:
        named, outcome = partner.incidents.report(record, terms=member.stage_terms)
    expect((named, outcome.pushed), (None, 0), "what was sent")
    pointers = sorted(one.pointer for one in outcome.refused)
    expect(pointers, ["/ai/kind", "/safety_control"], "what is missing")
    return f"{len(pointers)} members"


def _report(stage: Stage, member: Member) -> str:
    """Report by the command; return the incident's name, `origin/id`."""
    signal = next(iter(member.held(kind="signal", tlp="GREEN", ai_kind="fully_synthetic")))
    said = member.command(
        *("incident", "--type", "ai_csam_generated", "--severity", "high", "--occurred", "2026-11-05"),
        *("--reported-at", "2026-11-05T12:00:00Z", "--service-kind", "generative_ai_api"),
        *("--ai-status", "confirmed", "--ai-kind", "fully_synthetic", "--files", "2-5"),
        *("--safety-control", "bypassed", "--signal", f"{member.name}/{signal.id}"),
        *("--tlp", "GREEN", "--expires", f"{stage.ends:%Y-%m-%d}"),
    )
    expect((said["pushed"], said["refused"]), (1, 0), "pushed, refused")
    return str(said["incidents"][0])


def _found(member: Member) -> set[str]:
    """Pull, and return the names of confirmed, fully synthetic incidents that say all that they must."""
    member.pull()
    held = member.held(kind="incident", ai_status="confirmed", ai_kind="fully_synthetic")
    return {f"{one.origin}/{one.id}" for one in held if _AI_MEMBERS.items() <= orjson.loads(one.line).items()}


def _tell_origin(member: Member, origin: str, record_id: str) -> None:
    opinion = Opinion(
        origin=origin,
        id=record_id,
        verdict="disputed",
        reason="benign_collision",
        reviewed_by="two_or_more",
        told="origin",
    )
    with member.partner() as partner:
        outcome = partner.opinions.give([opinion])
    expect((outcome.pushed, outcome.refused), (1, []), "pushed, refused")


def _opined(member: Member) -> set[str]:
    """Pull, and return the ids of the records on which the member knows an opinion."""
    member.pull()
    return {orjson.loads(one.line)["about"]["id"] for one in member.held(kind="opinion")}


def _await_counts(member: Member, name: str, *, confirmed: int, disputed: int) -> None:
    """Wait until the node counts these opinions for `member`.

    Raises:
        CheckFailed: it counts others.
    """
    said: list[OpinionCounts] = []

    def is_so() -> bool:
        origin, _, record_id = name.partition("/")
        with member.partner() as partner:
            said.append(partner.opinions.of(origin, record_id, purpose="detection"))
        counts = said[-1].counts
        return (counts.confirmed, counts.disputed, said[-1].disputed) == (confirmed, disputed, disputed > 0)

    try:
        wait_until(is_so, what="other counts")
    except CheckFailed as error:
        raise CheckFailed(f"{member.name} is told {said[-1]}") from error
