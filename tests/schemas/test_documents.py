import base64
import json
from pathlib import Path

import pytest
from marshmallow import ValidationError

from schemas.answers import PROTOCOL_LIMITS, EntrySchema, LimitsSchema, WhoamiSchema
from schemas.approvals import ApprovalSchema
from schemas.bulk import Problem, is_record, problems_of
from schemas.directory import DirectorySchema
from schemas.manifests import AcceptanceSchema, ManifestSchema
from schemas.problems import ProblemSchema
from schemas.statements import PossessionSchema, RootConsentSchema, StatementSchema
from tests.schemas import builders

VECTORS = json.loads((Path(__file__).parents[2] / "docs" / "vectors.json").read_text(encoding="utf-8"))

NAMES = {"groups": [], "organisations": ["platform.example"]}


def _claims(jws):
    claims = jws.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))


def _codes(schema, value):
    return {problem.code for problem in problems_of(schema(), value)}


@pytest.mark.parametrize(
    ("name", "schema"),
    [
        ("manifest", ManifestSchema),
        ("acceptance", AcceptanceSchema),
        ("statement", StatementSchema),
        ("node_statement", StatementSchema),
        ("approval", ApprovalSchema),
        ("directory", DirectorySchema),
    ],
)
def test_the_published_vectors_load_and_dump_back(name, schema):
    claims = _claims(VECTORS[name]["jws"])

    assert schema().dump(schema().load(claims)) == claims


def test_the_published_entry_loads_and_dumps_back():
    entry = json.loads(VECTORS["entry"]["entry"])

    assert EntrySchema().dump(EntrySchema().load(entry)) == entry


def test_the_published_lines_are_records():
    assert all(is_record("signal", json.loads(one["line"])) for one in VECTORS["lines"])


def test_a_right_manifest_has_no_problems():
    assert problems_of(ManifestSchema(), builders.a_manifest()) == []


def test_a_red_audience_is_refused_in_the_words_of_its_standard():
    manifest = builders.a_manifest(audience=builders.an_audience(tlp="RED"))

    assert Problem(pointer="/audience/tlp", code="red_is_for_persons") in problems_of(ManifestSchema(), manifest)


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"audience": builders.an_audience(**NAMES)}, "rule_open_to_all_names_no_organisation"),
        ({"audience": builders.an_audience(tlp="AMBER")}, "rule_amber_names_somebody"),
        ({"audience": builders.an_audience(sectors=["platform", "ngo"])}, "not_sorted"),
        ({"audience": builders.an_audience(sectors=["ngo", "ngo"])}, "not_unique"),
        ({"about": "platform.example"}, "rule_about_in_opinions_only"),
        ({"kind": "opinion", "schema": "opinion/1"}, "rule_about_in_opinions"),
        ({"schema": "group/1"}, "rule_schema_of_signal"),
        ({"kind": "group", "schema": "group/1", "count": 2}, "rule_audience_of_a_group"),
        ({"count": 4097}, "range"),
        ({"count": True}, "wrong_type"),
        ({"iat": 1795341600.0}, "wrong_type"),
        ({"iat": "1795341600"}, "wrong_type"),
        ({"expires": "2026-01-01T00:00:00Z"}, "rule_lifetime"),
        ({"expires": "2032-01-01T00:00:00Z"}, "rule_lifetime"),
        ({"expires": "2027-11-22T00:00:60Z"}, "pattern"),
        ({"expires": "2027-11-22T00:00:00Z\n"}, "pattern"),
        ({"v": 2}, "range"),
        ({"x": 1}, "unknown_member"),
        ({"iss": "Hotline.example"}, "pattern"),
    ],
)
def test_a_manifest_that_breaks_a_rule_is_refused(members, code):
    assert code in _codes(ManifestSchema, builders.a_manifest(**members))


def test_names_of_an_audience_are_counted_together():
    names = [f"o{number:03}.example" for number in range(199)]
    groups = [f"{name}/{builders.RECORD_ID}" for name in names[:2]]
    audience = builders.an_audience(tlp="AMBER", organisations=names, groups=groups)

    assert problems_of(ManifestSchema(), builders.a_manifest(audience=audience)) == [
        Problem(pointer="/audience/organisations", code="length")
    ]


def test_a_schema_of_a_later_release_is_well_formed():
    assert problems_of(ManifestSchema(), builders.a_manifest(schema="signal/2")) == []


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"seq": 2}, "rule_prev_of_a_later_one"),
        ({"prev": builders.LEAF}, "rule_prev_of_the_first"),
        ({"exp": 1795341600 + 400 * 86_400 + 1}, "rule_lifetime"),
        ({"exp": 1795341600}, "rule_lifetime"),
        ({"keys": [builders.a_key(use="record")]}, "rule_holder_of_an_exchange_key_only"),
        ({"keys": [builders.a_key(use="record", holder=None)]}, "rule_roles_of_an_exchange_key_only"),
        ({"keys": [builders.a_key(holder=None)]}, "rule_holder_of_an_exchange_key"),
        ({"keys": [builders.a_key(use="root")]}, "not_one_of"),
        ({"keys": [builders.a_key(), builders.a_key()]}, "not_unique"),
        ({"keys": [builders.a_key(roles=["administrator", "auditor"])]}, "rule_auditor_apart"),
        ({"keys": [builders.a_key(roles=["consumer", "operator"])]}, "rule_operator_apart"),
        ({"keys": [builders.a_key(until="2026-01-01T00:00:00Z")]}, "rule_from_before_until"),
        ({"root": builders.a_jwk() | {"kid": "x"}}, "unknown_member"),
        ({"home": {"node": "node.example", "origin_url": "http://node.example"}}, "pattern"),
        ({"home": {"node": "node.example", "origin_url": "https://node.example/"}}, "pattern"),
        ({"display_name": "two\nlines"}, "pattern"),
        ({"display_name": "turned \u202e round"}, "pattern"),
        ({"root_change": {"from": builders.LEAF}}, "required"),
    ],
)
def test_a_statement_that_breaks_a_rule_is_refused(members, code):
    assert code in _codes(StatementSchema, builders.a_statement(**members))


def test_one_holder_keeps_roles_apart_over_several_keys():
    other = builders.a_jwk(builders.LEAF)
    keys = [builders.a_key(roles=["auditor"]), builders.a_key(roles=["contributor"], jwk=other)]

    assert _codes(StatementSchema, builders.a_statement(keys=keys)) == {"rule_auditor_apart"}


def test_two_holders_may_divide_what_one_may_not_join():
    other = builders.a_jwk(builders.LEAF)
    keys = [builders.a_key(roles=["auditor"]), builders.a_key(roles=["contributor"], jwk=other, holder="desk-2")]

    assert problems_of(StatementSchema(), builders.a_statement(keys=keys)) == []


def test_times_of_a_statement_load_aware():
    statement = StatementSchema().load(builders.a_statement())

    assert statement.iat.tzinfo is not None
    assert statement.keys[0].from_.isoformat() == "2026-01-01T00:00:00+00:00"
    assert statement.keys[0].until is None


def test_an_approval_holds_seven_days_at_most():
    claims = _claims(VECTORS["approval"]["jws"])

    assert _codes(ApprovalSchema, claims | {"exp": claims["iat"] + 7 * 86_400 + 1}) == {"rule_lifetime"}


def test_a_directory_holds_two_days_at_most():
    claims = _claims(VECTORS["directory"]["jws"])

    assert _codes(DirectorySchema, claims | {"exp": claims["iat"] + 2 * 86_400 + 1}) == {"rule_lifetime"}


def test_a_directory_names_nobody_twice():
    claims = _claims(VECTORS["directory"]["jws"])

    assert _codes(DirectorySchema, claims | {"members": claims["members"][:1] * 2}) == {"not_unique"}


def test_root_consent_and_possession_load():
    consent = {"v": 1, "federation": "test", "iss": "a.example", "from": builders.LEAF, "to": builders.LEAF, "seq": 2}
    possession = {"v": 1, "federation": "test", "iss": "a.example", "sub": builders.LEAF}

    assert RootConsentSchema().load(consent).from_ == builders.LEAF
    assert PossessionSchema().dump(PossessionSchema().load(possession)) == possession


def test_whoami_dumps_and_loads():
    whoami = {
        "organisation": "hotline.example",
        "sector": "hotline",
        "status": "active",
        "keyid": f"hotline.example/{builders.LEAF}",
        "key_until": None,
        "roles": ["contributor"],
        "statement_seq": 1,
        "statement_exp": 1795341600,
        "now": "2026-11-22T10:00:00Z",
        "limits": LimitsSchema().dump(PROTOCOL_LIMITS),
        "poll_after": 600,
    }

    assert WhoamiSchema().dump(WhoamiSchema().load(whoami)) == whoami


def test_a_problem_without_refusals_leaves_the_member_out():
    problem = {
        "type": "https://node.example/problems/not_found",
        "title": "There is nothing here that this caller may see.",
        "status": 404,
        "code": "not_found",
        "request_id": builders.RECORD_ID,
    }

    assert ProblemSchema().dump(ProblemSchema().load(problem)) == problem


def test_no_refusal_of_a_document_repeats_what_was_sent():
    with pytest.raises(ValidationError) as refused:
        ManifestSchema().load(builders.a_manifest(iss="secret value", jti="secret", schema="secret"))

    assert "secret" not in repr(refused.value.messages)
