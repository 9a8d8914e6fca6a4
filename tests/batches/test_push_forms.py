"""What is no batch at all: 413 and 400, before anything else is judged."""

import pytest

from crypto.canonical import canonical_bytes
from tests.partners import a_nonce
from tests.signals import Json, a_batch, a_signal, push_document, signals

EXTRA = "zz"


def spelled(record: Json, **replaced: bytes) -> bytes:
    """The canonical line of `record`, its member `zz` spelled as given."""
    line = canonical_bytes({**record, EXTRA: "@@"})
    return line.replace(b'"@@"', replaced[EXTRA])


@pytest.mark.parametrize(
    "spelling",
    [
        b"1.0",
        b"-0.0",
        b"1e2",
        b"9007199254740992",
        b"-9007199254740992",
        b"1" + b"0" * 40,
        b"NaN",
        b"Infinity",
        b'"\\ud800"',
        b'"\\u0041"',
        b'"\xff"',
        b" 1",
        b'{"b":1,"a":2}',
        b'{"a":1,"a":2}',
        '{"é":1}'.encode(),
        b"[" * 16 + b"]" * 16,
        b"[" * 300 + b"]" * 300,
        b"[" * 5_000 + b"]" * 5_000,
    ],
    ids=lambda spelling: spelling[:12].decode(errors="replace"),
)
def test_a_line_outside_the_profile_is_refused(refuse, hotline, spelling) -> None:
    line = spelled(a_signal(), **{EXTRA: spelling})
    answered = refuse(hotline, a_batch(hotline, [a_signal(), line]).document)
    assert (answered.status, answered.code) == (400, "malformed_body")


def test_a_depth_of_sixteen_is_the_profiles_and_refused_as_an_unknown_member(refuse, hotline) -> None:
    line = spelled(a_signal(), **{EXTRA: b"[" * 15 + b"]" * 15})
    answered = refuse(hotline, a_batch(hotline, [line]).document)
    assert answered.json["refused"] == [{"index": 0, "pointer": "", "code": "unknown_member"}]


def test_members_in_another_order_are_not_canonical(refuse, hotline) -> None:
    line = b'{"value":"00","id":"x"}'
    assert refuse(hotline, a_batch(hotline, [line]).document).status == 400


def test_a_repeated_member_is_refused(refuse, hotline) -> None:
    line = canonical_bytes(a_signal())[:-1] + b',"value":"00"}'
    assert refuse(hotline, a_batch(hotline, [line]).document).status == 400


@pytest.mark.parametrize("line", [b"[]", b"1", b'"text"', b"null", b"true", b"{", b"\x00", b"\xef\xbb\xbf{}"])
def test_a_line_that_is_no_object_is_refused(refuse, hotline, line) -> None:
    assert refuse(hotline, a_batch(hotline, [line]).document).status == 400


def test_lines_that_end_with_cr_lf_are_refused(refuse, hotline) -> None:
    document = a_batch(hotline, signals(2)).document.replace(b"\n", b"\r\n")
    assert refuse(hotline, document).status == 400


def test_a_document_without_its_last_lf_is_refused(refuse, hotline) -> None:
    assert refuse(hotline, a_batch(hotline, signals(2)).document[:-1]).status == 400


@pytest.mark.parametrize("position", [0, 1, 2])
def test_a_blank_line_is_refused(refuse, hotline, position) -> None:
    lines = a_batch(hotline, signals(1)).document.splitlines(keepends=True)
    lines.insert(position, b"\n")
    assert refuse(hotline, b"".join(lines)).status == 400


def test_an_empty_body_is_refused(refuse, hotline) -> None:
    assert refuse(hotline, b"").status == 400


def test_a_manifest_without_a_record_is_refused(refuse, hotline) -> None:
    assert refuse(hotline, push_document(a_batch(hotline, signals(1)).manifest, [])).status == 400


def test_records_without_a_manifest_are_refused(refuse, hotline) -> None:
    batch = a_batch(hotline, signals(2))
    assert refuse(hotline, b"\n".join([*batch.lines, b""])).status == 400


def test_two_manifests_in_one_push_are_refused(refuse, hotline) -> None:
    document = a_batch(hotline, signals(1)).document + a_batch(hotline, signals(1)).document
    assert refuse(hotline, document).status == 400


def test_a_manifest_line_with_a_second_member_is_refused(refuse, hotline) -> None:
    document = a_batch(hotline, signals(1)).document.replace(b'"}\n', b'","x":1}\n', 1)
    assert refuse(hotline, document).status == 400


def test_an_accepted_line_in_a_push_is_refused(node, refuse, hotline) -> None:
    batch = a_batch(hotline, signals(1))
    acceptance = hotline.push(batch.document).json["accepted"]
    again = a_batch(hotline, signals(1))
    line = b'{"accepted":"%b"}' % acceptance.encode()
    assert refuse(hotline, push_document(again.manifest, [line, *again.lines])).status == 400


def test_an_erased_line_in_a_push_is_refused(refuse, hotline) -> None:
    batch = a_batch(hotline, signals(1))
    line = b'{"erased":"%b"}' % (a_nonce() + "A" * 21).encode()
    assert refuse(hotline, push_document(batch.manifest, [line, *batch.lines])).status == 400


def test_an_unknown_control_line_in_a_push_is_refused(refuse, hotline) -> None:
    batch = a_batch(hotline, signals(1))
    assert refuse(hotline, push_document(batch.manifest, [*batch.lines, b'{"page":{}}'])).status == 400


def test_4097_lines_are_too_many(refuse, hotline) -> None:
    batch = a_batch(hotline, signals(1))
    answered = refuse(hotline, push_document(batch.manifest, batch.lines * 4_097))
    assert (answered.status, answered.code) == (413, "too_large")


def test_4096_records_are_one_batch(hotline) -> None:
    assert hotline.push(a_batch(hotline, signals(4_096)).document).json["count"] == 4_096


def test_a_line_of_more_than_16_kib_is_too_large(refuse, hotline) -> None:
    line = spelled(a_signal(), **{EXTRA: b'"' + b"a" * 16_384 + b'"'})
    answered = refuse(hotline, a_batch(hotline, [line]).document)
    assert (answered.status, answered.code) == (413, "too_large")


def test_a_manifest_of_more_than_32_kib_is_too_large(refuse, hotline) -> None:
    batch = a_batch(hotline, signals(1))
    header, _, signature = batch.manifest.split(".")
    answered = refuse(hotline, push_document(f"{header}.{'A' * 33_000}.{signature}", batch.lines))
    assert (answered.status, answered.code) == (413, "too_large")


def test_a_document_of_more_than_8_mib_is_too_large(refuse, hotline) -> None:
    answered = refuse(hotline, b"{}\n" * (8 * 1024 * 1024 // 3 + 1))
    assert (answered.status, answered.code) == (413, "too_large")


@pytest.mark.parametrize(
    "body",
    [
        b"\xff\xd8\xff\xe0" + bytes(100),
        b"--boundary\r\nContent-Disposition: form-data\r\n\r\n" + bytes(20) + b"\r\n--boundary--\r\n",
        b"\x1f\x8b\x08" + bytes(100),
        b"data:image/png;base64,iVBORw0KGgo=\n",
    ],
    ids=["jpeg", "multipart", "gzip", "data-uri"],
)
def test_media_in_place_of_a_batch_is_refused(refuse, hotline, body) -> None:
    assert refuse(hotline, body).status == 400
