"""What a manifest may say, and by which key; everything else is 422 with `index` null."""

import pytest

from crypto.documents import BATCH, sign_document
from crypto.keys import keyid
from tests.partners import DAY, moment, now_seconds
from tests.signals import a_batch, a_manifest, a_signal, an_audience, push_document, signals

LEAF = "r2W0rCpFHYYQ0Qk_CPxONtYdwRTYHCuv8iD0luTCqO4"


def refusals(answered) -> set[tuple[str, str]]:
    assert (answered.status, answered.code) == (422, "records_refused")
    assert all(one["index"] is None for one in answered.json["refused"])
    return set(answered.refused)


@pytest.mark.parametrize(
    ("claims", "refused"),
    [
        ({"v": 2}, ("/v", "range")),
        ({"v": True}, ("/v", "wrong_type")),
        ({"schema": "signal/2"}, ("/schema", "unknown_schema")),
        ({"schema": "opinion/1"}, ("/schema", "rule_schema_of_signal")),
        ({"kind": "image"}, ("/kind", "not_one_of")),
        ({"federation": "other.example"}, ("", "manifest_not_verified")),
        ({"about": "platform.example"}, ("/about", "rule_about_in_opinions_only")),
        ({"expires": moment(0)}, ("/expires", "rule_lifetime")),
        ({"expires": moment(now_seconds() + 6 * 366 * DAY)}, ("/expires", "rule_lifetime")),
        ({"expires": moment(now_seconds() - DAY), "iat": now_seconds() - 2 * DAY}, ("/expires", "expired")),
        ({"expires": "2027-01-01T00:00:60Z"}, ("/expires", "pattern")),
        ({"expires": "2027-01-01"}, ("/expires", "pattern")),
        ({"expires": None}, ("/expires", "wrong_type")),
        ({"iat": now_seconds() + DAY}, ("/iat", "in_the_future")),
        ({"iat": str(now_seconds())}, ("/iat", "wrong_type")),
        ({"jti": "0193A5C0-0000-7000-8000-000000000001"}, ("/jti", "pattern")),
        ({"jti": "0193a5c0-0000-4000-8000-000000000001"}, ("/jti", "pattern")),
        ({"count": 2}, ("/count", "manifest_not_verified")),
        ({"count": 0}, ("/count", "range")),
        ({"count": 4_097}, ("/count", "range")),
        ({"root": LEAF}, ("/root", "manifest_not_verified")),
        ({"root": LEAF[:-1]}, ("/root", "pattern")),
        ({"root": LEAF[:-1] + "R"}, ("/root", "pattern")),
        ({"stranger": 1}, ("", "unknown_member")),
        ({"audience": an_audience("RED")}, ("/audience/tlp", "red_is_for_persons")),
        ({"audience": an_audience("WHITE")}, ("/audience/tlp", "not_one_of")),
        ({"audience": an_audience("AMBER")}, ("/audience/organisations", "rule_amber_names_somebody")),
        (
            {"audience": an_audience("AMBER+STRICT", groups=[f"a.example/{LEAF[:8]}"])},
            ("/audience/groups/0", "pattern"),
        ),
        ({"audience": an_audience(sectors=["ngo", "hotline"])}, ("/audience/sectors", "not_sorted")),
        ({"audience": an_audience(sectors=["ngo", "ngo"])}, ("/audience/sectors", "not_unique")),
        ({"audience": an_audience(purposes=["relay"])}, ("/audience/purposes/0", "not_one_of")),
        ({"audience": an_audience(stranger=[])}, ("/audience", "unknown_member")),
        ({"audience": {"tlp": "GREEN"}}, ("/audience/groups", "required")),
        ({"audience": []}, ("/audience", "wrong_type")),
    ],
    ids=" ".join,
)
def test_a_manifest_that_breaks_a_rule_is_refused_by_its_code(refuse, hotline, claims, refused) -> None:
    assert refused in refusals(refuse(hotline, a_batch(hotline, signals(1), **claims).document))


def test_green_names_nobody(refuse, hotline) -> None:
    answered = refuse(hotline, a_batch(hotline, signals(1), audience=an_audience(organisations=["a.example"])).document)
    assert answered.status == 422


def test_a_missing_claim_is_required(refuse, hotline) -> None:
    batch = a_batch(hotline, signals(1))
    claims = {name: value for name, value in batch.claims.items() if name != "about"}
    kid = keyid(hotline.name, hotline.record.thumbprint)
    manifest = sign_document(claims, typ=BATCH, key=hotline.record.key, keyid=kid)
    assert refusals(refuse(hotline, push_document(manifest, batch.lines))) >= {("/about", "required")}


def test_expiry_five_years_ahead_is_accepted(hotline) -> None:
    expires = moment(now_seconds() + 5 * 365 * DAY)
    assert hotline.push(a_batch(hotline, signals(1), expires=expires).document).status == 201


def test_a_clock_half_a_minute_ahead_is_accepted(hotline) -> None:
    assert hotline.push(a_batch(hotline, signals(1), iat=now_seconds() + 30).document).status == 201


def test_a_manifest_signed_long_ago_is_accepted_while_its_key_holds(hotline) -> None:
    assert hotline.push(a_batch(hotline, signals(1), iat=now_seconds() - 300 * DAY).document).status == 201


def test_an_altered_signature_is_refused(refuse, hotline) -> None:
    batch = a_batch(hotline, signals(1))
    header, payload, signature = batch.manifest.split(".")
    other = ("A" if signature[0] != "A" else "B") + signature[1:]
    assert refusals(refuse(hotline, push_document(f"{header}.{payload}.{other}", batch.lines))) == {
        ("", "manifest_not_verified")
    }


def test_a_manifest_of_another_type_is_refused(refuse, hotline) -> None:
    batch = a_batch(hotline, signals(1))
    kid = keyid(hotline.name, hotline.record.thumbprint)
    manifest = sign_document(batch.claims, typ="havre-approval+jws", key=hotline.record.key, keyid=kid)
    assert refusals(refuse(hotline, push_document(manifest, batch.lines))) == {("", "manifest_not_verified")}


@pytest.mark.parametrize(
    "said",
    [
        {"revoked_at": now_seconds() - 60},
        {"until": now_seconds() - 60},
        {"from_": now_seconds() + DAY},
    ],
    ids=["revoked", "no longer valid", "not yet valid"],
)
def test_a_record_key_that_does_not_hold_now_signs_nothing(refuse, hotline, said) -> None:
    held = hotline.add_key("record-2", use="record", **said)
    assert hotline.put_statement(hotline.statement()).status == 200
    answered = refuse(hotline, a_batch(hotline, signals(1), by=held.key).document)
    assert refusals(answered) == {("", "manifest_not_verified")}


def test_a_second_record_key_signs_as_well_as_the_first(hotline) -> None:
    held = hotline.add_key("record-2", use="record")
    hotline.put_statement(hotline.statement())
    assert hotline.push(a_batch(hotline, signals(1), by=held.key).document).status == 201


def test_a_revoked_key_leaves_its_stream_to_the_next_key(hotline) -> None:
    hotline.push(a_batch(hotline, signals(1)).document)
    held = hotline.add_key("record-2", use="record")
    hotline.record.revoked_at = now_seconds() - 60
    # A later second than the push: what the key placed before the statement stands.
    assert hotline.put_statement(hotline.statement(iat=now_seconds() + 1)).status == 200
    assert hotline.push(a_batch(hotline, signals(1), by=held.key).document).status == 201


def test_a_manifest_of_another_count_of_lines_is_refused(refuse, hotline) -> None:
    batch = a_batch(hotline, signals(2))
    assert ("/count", "manifest_not_verified") in refusals(
        refuse(hotline, push_document(batch.manifest, batch.lines[:1]))
    )


def test_the_manifest_of_one_batch_carries_no_other_lines(refuse, hotline) -> None:
    batch, other = a_batch(hotline, signals(1)), a_batch(hotline, [a_signal()])
    assert refusals(refuse(hotline, push_document(batch.manifest, other.lines))) == {("/root", "manifest_not_verified")}


def test_claims_that_are_no_object_are_refused_by_their_form(refuse, hotline) -> None:
    batch = a_batch(hotline, signals(1))
    header, _, signature = batch.manifest.split(".")
    assert refusals(refuse(hotline, push_document(f"{header}.W10.{signature}", batch.lines))) == {
        ("", "manifest_not_verified")
    }


def test_the_manifest_may_not_name_another_issuer_than_its_key(node, refuse, hotline) -> None:
    batch = a_batch(hotline, signals(1))
    claims = a_manifest("platform.example", batch.lines)
    kid = keyid(hotline.name, hotline.record.thumbprint)
    manifest = sign_document(claims, typ=BATCH, key=hotline.record.key, keyid=kid)
    answered = refuse(hotline, push_document(manifest, batch.lines))
    assert (answered.status, answered.code) == (403, "not_origin")
