"""What no record may hold: refused with its place and code, nothing kept, nothing repeated."""

from typing import Any

import orjson
import pytest

from tests.exchanges import rows_of
from tests.signals import Json, a_batch, a_signal, signals

PICTURE = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAAB"
EMPTY_FILE = {
    "md5": "d41d8cd98f00b204e9800998ecf8427e",
    "sha1": "da39a3ee5e6b4b0d3255bfef95601890afd80709",
    "sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "sha512": "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"
    "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e",
}


def refused_of(answered) -> list[tuple[str, str]]:
    assert (answered.status, answered.code) == (422, "records_refused"), answered.body
    assert {one["index"] for one in answered.json["refused"]} == {1}
    return answered.refused


@pytest.mark.parametrize(
    "members",
    [
        *({"signal_type": kind, "value": value} for kind, value in EMPTY_FILE.items()),
        {"value": "0" * 64},
        {"value": "f" * 64},
        {"value": "F" * 64},
        {"value": "a1" * 31},
        {"value": "a1" * 33},
        {"value": "A1" * 32},
        {"value": "g1" * 32},
        {"value": "a1" * 31 + "a\n"},
        {"value": " " + "a1" * 31 + "a"},
        {"signal_type": "pdq", "quality": 49},
        {"signal_type": "pdq"},
        {"signal_type": "md4"},
        {"signal_type": "photodna", "value": "A" * 192},
        {"signal_type": "photodna", "value": "B" * 191 + "="},
        {"signal_type": "tlsh", "value": "T1" + "0" * 70},
    ],
    ids=lambda members: str(members)[:40],
)
def test_a_degenerate_or_misshapen_hash_is_refused(refuse, hotline, members) -> None:
    assert refused_of(refuse(hotline, a_batch(hotline, [a_signal(), a_signal(**members)]).document))


@pytest.mark.parametrize(
    "name",
    ["file_name", "thumbnail", "embedding", "prompt", "weights", "exif", "email", "phone", "username", "ip", "url"],
)
def test_members_that_the_schema_does_not_know_are_refused_without_their_name(database, refuse, hotline, name) -> None:
    record = a_signal(**{f"zz_{name}": "zzcontentzz"})
    answered = refuse(hotline, a_batch(hotline, [a_signal(), record]).document)
    assert refused_of(answered) == [("", "unknown_member")]
    seen = answered.body + orjson.dumps(rows_of(database.owner))
    assert b"zzcontentzz" not in seen
    assert f"zz_{name}".encode() not in seen


def text_members(text: str) -> list[tuple[str, Json]]:
    """A signal with `text` in each member of a signal that holds text of somebody's own choice."""
    detector = {"status": "suspected", "confidence": 90, "basis": ["detector"]}
    generator = {"family": "sample", "model": "sample-xl", "version": "1", "provider": "example"}
    confirmed = {"status": "confirmed", "kind": "fully_synthetic", "basis": ["provider_log"]}
    c2pa = {"status": "confirmed", "kind": "fully_synthetic", "basis": ["c2pa"]}
    classified = {"assessed_by": "hotline", "assessed_at": "2026-11-20"}
    return [
        ("/ai/detector/name", a_signal(ai={**detector, "detector": {"name": text, "version": "1"}})),
        ("/ai/detector/version", a_signal(ai={**detector, "detector": {"name": "sample", "version": text}})),
        *(
            (f"/ai/generator/{name}", a_signal(ai={**confirmed, "generator": {**generator, name: text}}))
            for name in generator
        ),
        (
            "/ai/c2pa/claim_generator",
            a_signal(ai={**c2pa, "c2pa": {"manifest_present": True, "signature_valid": True, "claim_generator": text}}),
        ),
        (
            "/ai/c2pa/soft_binding_alg",
            a_signal(
                ai={**c2pa, "c2pa": {"manifest_present": True, "signature_valid": True, "soft_binding_alg": text}}
            ),
        ),
        (
            "/classifications/0/value",
            a_signal(classifications=[{"scheme": "local", "value": f"hotline.example/{text}", **classified}]),
        ),
        (
            "/classifications/0/version",
            a_signal(classifications=[{"scheme": "inhope_ucs", "value": "a", "version": text, **classified}]),
        ),
    ]


FORBIDDEN = [
    "someone@mail.example",
    "+32 470 12 34 56",
    "192.0.2.7",
    "2001:db8::7",
    "50.8503,4.3517",
    "BE71096123456769",
    "4111111111111111",
    "http://site.example/page",
    "data:image/png;base64,AA",
    PICTURE,
    "/9j/4AAQSkZJRgABAQAAAQABAAD",
    "@handle",
]


@pytest.mark.parametrize("text", FORBIDDEN)
def test_no_text_member_carries_personal_data_media_or_an_address(database, refuse, hotline, text) -> None:
    members = text_members(text)
    answered = refuse(hotline, a_batch(hotline, [record for _, record in members]).document)
    assert answered.status == 422
    version_numbers = text.replace(".", "").isdigit()  # a version may look like an address
    expected = {
        pointer for pointer, _ in members if not (version_numbers and pointer.endswith(("version", "claim_generator")))
    }
    refused = {(members[one["index"]][0]) for one in answered.json["refused"] if one["index"] is not None}
    assert refused >= expected
    assert text.encode() not in answered.body
    assert text.encode() not in orjson.dumps(rows_of(database.owner))


@pytest.mark.parametrize(
    "member",
    [
        {"media": "data:image/png;base64,iVBORw0KGgo="},
        {"value": "data:image/png;base64,iVBORw0KGgo="},
        {"content_id": PICTURE},
        {"first_seen": "someone@mail.example"},
        {"annotations": [PICTURE]},
        {"salt": PICTURE},
        {"id": "someone@mail.example"},
        {"classifications": PICTURE},
        {"ai": {"status": PICTURE}},
        {"first_seen": "2026-02-30"},
        {"first_seen": "2026-11-20T10:00:00Z"},
        {"revision": 0},
        {"revision": 2**53 - 1},
        {"revision": "1"},
        {"status": None},
        {"kind": "incident"},
        {"salt": "short"},
    ],
    ids=lambda member: str(member)[:40],
)
def test_a_member_that_is_not_of_its_form_is_refused(refuse, hotline, member: Json) -> None:
    refused_of(refuse(hotline, a_batch(hotline, [a_signal(), a_signal(**member)]).document))


def test_a_list_of_thousands_is_told_as_one_refusal(refuse, hotline) -> None:
    long: dict[str, Any] = {"annotations": [""] * 3_000}
    answered = refuse(hotline, a_batch(hotline, [a_signal(), a_signal(**long)]).document)
    assert refused_of(answered) == [("/annotations", "length")]


def test_a_document_full_of_faults_is_answered_in_bounds(refuse, hotline) -> None:
    faulty = a_signal(annotations=[[]] * 9, classifications=[{}] * 16, ai=[])
    answered = refuse(hotline, a_batch(hotline, [{**faulty, "salt": str(n)} for n in range(4_096)]).document)
    assert answered.status == 422
    assert len(answered.body) < 8 * 1024 * 1024


def test_hashes_that_begin_like_a_picture_are_honest_hashes(hotline) -> None:
    assert hotline.push(a_batch(hotline, [a_signal(value="ffd8ff" + "a1" * 29)]).document).status == 201


def test_every_record_is_refused_with_its_own_index(refuse, hotline) -> None:
    records = [{**record, "media": "smell"} if n % 2 else record for n, record in enumerate(signals(6))]
    answered = refuse(hotline, a_batch(hotline, records).document)
    assert [one["index"] for one in answered.json["refused"]] == [1, 3, 5]


def test_of_many_malformed_records_all_are_told_and_the_first_256_are_explained(refuse, hotline) -> None:
    answered = refuse(hotline, a_batch(hotline, [a_signal(media="picture") for _ in range(300)]).document)
    told = answered.json["refused"]
    assert [one["index"] for one in told] == list(range(300))
    assert {(one["pointer"], one["code"]) for one in told[:256]} == {("/media", "not_one_of")}
    assert {(one["pointer"], one["code"]) for one in told[256:]} == {("", "malformed_record")}
