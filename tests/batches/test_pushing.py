import orjson
import psycopg
import pytest
from structlog.testing import capture_logs

from crypto.batches import ChainHead, record_leaves, split_documents, verify_acceptance, verify_chain_step, verify_lines
from crypto.documents import VerifiedDocument, document_digest
from crypto.encoding import to_base64url
from tests.exchanges import changed, claims_in, expire, place, pull_all, rows_of
from tests.partners import a_key
from tests.signals import a_batch, a_signal, a_value, a_withdrawal, an_audience, push_document, signals


def accepted_by(node, batch, answered) -> VerifiedDocument:
    """The acceptance that `answered` brought, verified."""
    return verify_acceptance(
        answered.json["accepted"],
        key=node.key.public,
        federation=node.settings.federation,
        manifest_digest=document_digest(batch.manifest),
    )


def test_a_signed_batch_is_accepted_whole(node, hotline) -> None:
    batch = a_batch(hotline, signals(3))
    answered = hotline.push(batch.document)
    assert answered.status == 201
    assert answered.json["batch"] == batch.jti
    assert answered.json["count"] == 3
    assert set(answered.json) == {"batch", "accepted", "count"}


def test_the_acceptance_names_the_manifest_and_both_newest_statements(node, hotline) -> None:
    batch = a_batch(hotline, signals(1))
    acceptance = accepted_by(node, batch, hotline.push(batch.document))
    assert acceptance.claims["statement_sha256"] == to_base64url(document_digest(hotline.statements[-1]))
    assert acceptance.claims["node_statement_sha256"] == to_base64url(document_digest(node.organisation.statements[-1]))


def test_what_is_stored_is_what_was_pushed_byte_for_byte(node, hotline) -> None:
    batch = a_batch(hotline, signals(5))
    hotline.push(batch.document)
    place(node)
    (document,) = pull_all(hotline).documents
    assert document.lines == batch.lines
    assert document.manifest == batch.manifest
    verify_lines(batch.claims, record_leaves(document.lines))


def test_batches_of_one_stream_form_one_chain(node, hotline) -> None:
    head: ChainHead | None = None
    for batch in [a_batch(hotline, signals(1)) for _ in range(4)]:
        acceptance = accepted_by(node, batch, hotline.push(batch.document))
        head = verify_chain_step(acceptance, statement_seq=1, previous=head)
    assert head is not None
    assert head.seq == 4


def test_every_audience_is_a_stream_of_its_own(node, hotline) -> None:
    green = hotline.push(a_batch(hotline, signals(1)).document)
    clear = hotline.push(a_batch(hotline, signals(1), audience=an_audience("CLEAR")).document)
    first, second = claims_in(green.json["accepted"]), claims_in(clear.json["accepted"])
    assert first["stream"] != second["stream"]
    assert (first["seq"], second["seq"]) == (1, 1)


def test_the_same_batch_again_answers_200_with_the_stored_acceptance(database, hotline) -> None:
    batch = a_batch(hotline, signals(2))
    first = hotline.push(batch.document)
    before = rows_of(database.owner)
    again = hotline.push(batch.document)
    assert again.status == 200
    assert again.json == first.json
    assert changed(before, rows_of(database.owner)) == {"entry", "nonce", "unplaced"}


def test_a_retry_is_answered_even_when_the_same_values_stand(hotline) -> None:
    batch = a_batch(hotline, [a_signal(value=a_value("kept"))])
    hotline.push(batch.document)
    hotline.push(a_batch(hotline, signals(1)).document)
    assert hotline.push(batch.document).status == 200


def test_the_same_id_with_another_manifest_is_taken(refuse, hotline) -> None:
    batch = a_batch(hotline, signals(1))
    hotline.push(batch.document)
    answered = refuse(hotline, a_batch(hotline, signals(1), jti=batch.jti).document)
    assert (answered.status, answered.code) == (409, "batch_id_taken")


def test_a_taken_id_is_told_before_what_is_wrong_with_the_manifest(refuse, hotline) -> None:
    batch = a_batch(hotline, signals(1))
    hotline.push(batch.document)
    answered = refuse(hotline, a_batch(hotline, signals(1), jti=batch.jti, audience=an_audience("RED")).document)
    assert (answered.status, answered.code) == (409, "batch_id_taken")


def test_two_origins_may_use_one_batch_id(node, hotline) -> None:
    platform = node.join("platform.example", sector="platform")
    batch = a_batch(hotline, signals(1))
    hotline.push(batch.document)
    assert platform.push(a_batch(platform, signals(1), jti=batch.jti).document).status == 201


def test_two_origins_may_use_one_record_id_and_one_value(node, hotline) -> None:
    platform = node.join("platform.example", sector="platform")
    signal = a_signal()
    hotline.push(a_batch(hotline, [signal]).document)
    assert platform.push(a_batch(platform, [signal]).document).status == 201


def test_a_batch_of_another_origin_is_refused(node, refuse, hotline) -> None:
    platform = node.join("platform.example", sector="platform")
    answered = refuse(platform, a_batch(hotline, signals(1)).document)
    assert (answered.status, answered.code) == (403, "not_origin")


def test_the_line_profile_is_told_before_the_origin(node, refuse, hotline) -> None:
    platform = node.join("platform.example", sector="platform")
    answered = refuse(platform, a_batch(hotline, [b'{"id":1.0}']).document)
    assert (answered.status, answered.code) == (400, "malformed_body")


def test_the_origin_is_told_before_what_is_wrong_with_records(node, refuse, hotline) -> None:
    platform = node.join("platform.example", sector="platform")
    answered = refuse(platform, a_batch(hotline, [a_signal(media="smell")]).document)
    assert (answered.status, answered.code) == (403, "not_origin")


def test_a_key_without_the_contributors_role_pushes_no_signals(node, refuse) -> None:
    reader = node.join("reader.example", roles=["consumer"])
    answered = refuse(reader, a_batch(reader, signals(1)).document)
    assert (answered.status, answered.code) == (403, "role_not_allowed")


def test_everything_that_is_wrong_is_told_at_once(refuse, hotline) -> None:
    records = [a_signal(media="smell"), a_signal(), a_signal(value="0" * 64)]
    answered = refuse(hotline, a_batch(hotline, records, schema="signal/2").document)
    assert answered.json["refused"] == [
        {"index": None, "pointer": "/schema", "code": "unknown_schema"},
        {"index": 0, "pointer": "/media", "code": "not_one_of"},
        {"index": 2, "pointer": "/value", "code": "pattern"},
    ]


def test_a_withdrawal_is_taken_after_the_role_is_lost(node, hotline) -> None:
    signal = a_signal()
    hotline.push(a_batch(hotline, [signal]).document)
    hotline.exchange.roles = ["administrator"]
    assert hotline.put_statement(hotline.statement()).status == 200
    assert hotline.push(a_batch(hotline, [a_withdrawal(signal)]).document).status == 201


def test_a_withdrawal_brings_no_signal_along_after_the_role_is_lost(refuse, hotline) -> None:
    signal = a_signal()
    hotline.push(a_batch(hotline, [signal]).document)
    hotline.exchange.roles = ["administrator"]
    hotline.put_statement(hotline.statement())
    answered = refuse(hotline, a_batch(hotline, [a_withdrawal(signal), a_signal()]).document)
    assert (answered.status, answered.code) == (403, "role_not_allowed")


def test_a_withdrawal_is_refused_while_suspended(node, refuse, hotline) -> None:
    signal = a_signal()
    hotline.push(a_batch(hotline, [signal]).document)
    node.suspend(hotline)
    answered = refuse(hotline, a_batch(hotline, [a_withdrawal(signal)]).document)
    assert (answered.status, answered.code) == (403, "suspended")


def test_a_lifted_organisation_pushes_again(node, hotline) -> None:
    node.suspend(hotline)
    node.lift(hotline)
    assert hotline.push(a_batch(hotline, signals(1)).document).status == 201


@pytest.mark.parametrize("content_type", ["application/json", "application/x-ndjson; charset=utf-8", "image/jpeg"])
def test_another_media_type_is_refused(database, hotline, content_type) -> None:
    before = rows_of(database.owner)
    body = a_batch(hotline, signals(1)).document
    answered = hotline.post("/v1/batches", body, purpose="contribution", content_type=content_type)
    assert (answered.status, answered.code) == (415, "unsupported_media_type")
    assert changed(before, rows_of(database.owner)) == {"entry", "nonce", "unplaced"}


def test_the_stored_document_is_one_that_partners_can_cut(node, hotline) -> None:
    hotline.push(a_batch(hotline, signals(2)).document)
    with psycopg.connect(node.settings.owner_database_url) as db:
        ((document,),) = db.execute("SELECT document FROM batch").fetchall()
    (cut,) = split_documents(document)
    assert cut.document == document


def test_lines_in_another_order_are_not_what_was_signed(refuse, hotline) -> None:
    batch = a_batch(hotline, signals(2))
    answered = refuse(hotline, push_document(batch.manifest, batch.lines[::-1]))
    assert answered.json["refused"] == [{"index": None, "pointer": "/root", "code": "manifest_not_verified"}]


def test_a_thousand_live_streams_are_enough(monkeypatch, refuse, hotline) -> None:
    monkeypatch.setattr("server.batches.pushing.STREAMS_AT_MOST", 2)
    hotline.push(a_batch(hotline, signals(1)).document)
    hotline.push(a_batch(hotline, signals(1), audience=an_audience("CLEAR")).document)
    answered = refuse(hotline, a_batch(hotline, signals(1), audience=an_audience(sectors=["ngo"])).document)
    assert answered.json["refused"] == [{"index": None, "pointer": "/audience", "code": "too_many_streams"}]


def test_batches_that_expire_at_once_open_no_audiences_without_end(monkeypatch, refuse, database, hotline) -> None:
    monkeypatch.setattr("server.batches.pushing.STREAMS_AT_MOST", 1)
    batch = a_batch(hotline, signals(1))
    hotline.push(batch.document)
    expire(database.superuser, batch.jti)
    answered = refuse(hotline, a_batch(hotline, signals(1), audience=an_audience("CLEAR")).document)
    assert answered.json["refused"] == [{"index": None, "pointer": "/audience", "code": "too_many_streams"}]


def test_a_stream_that_expired_and_took_nothing_for_a_day_does_not_count(monkeypatch, database, hotline) -> None:
    monkeypatch.setattr("server.batches.pushing.STREAMS_AT_MOST", 1)
    batch = a_batch(hotline, signals(1))
    hotline.push(batch.document)
    expire(database.superuser, batch.jti)
    with psycopg.connect(database.superuser) as db:
        db.execute("UPDATE stream SET accepted_at = accepted_at - interval '25 hours'")
    assert hotline.push(a_batch(hotline, signals(1), audience=an_audience("CLEAR")).document).status == 201


def test_a_stream_that_is_open_takes_more_when_no_other_may_open(monkeypatch, hotline) -> None:
    monkeypatch.setattr("server.batches.pushing.STREAMS_AT_MOST", 1)
    hotline.push(a_batch(hotline, signals(1)).document)
    assert hotline.push(a_batch(hotline, signals(1)).document).status == 201


def test_a_manifest_that_an_exchange_key_signed_is_refused(refuse, hotline) -> None:
    answered = refuse(hotline, a_batch(hotline, signals(1), by=hotline.exchange.key).document)
    assert answered.refused == [("", "manifest_not_verified")]


def test_a_manifest_that_an_unknown_key_signed_is_refused(refuse, hotline) -> None:
    answered = refuse(hotline, a_batch(hotline, signals(1), by=a_key("nobody")).document)
    assert answered.refused == [("", "manifest_not_verified")]


def test_a_manifest_that_another_organisations_key_signed_is_refused(node, refuse, hotline) -> None:
    platform = node.join("platform.example", sector="platform")
    answered = refuse(hotline, a_batch(hotline, signals(1), by=platform.record.key).document)
    assert answered.refused == [("", "manifest_not_verified")]


def test_a_refusal_repeats_nothing_that_was_sent(database, refuse, hotline) -> None:
    marker = "zzmarkerzz"
    value = a_value("never to be repeated")
    record = a_signal(value=value, media=marker, **{marker: marker})
    answered = refuse(hotline, a_batch(hotline, [record]).document)
    assert answered.status == 422
    seen = answered.body + orjson.dumps(rows_of(database.owner))
    assert marker.encode() not in seen
    assert value.encode() not in seen


@pytest.mark.parametrize(("seconds_ahead", "status"), [(50, 201), (90, 503)])
def test_nothing_is_placed_behind_a_place_that_readers_would_hold(
    node, hotline, database, seconds_ahead, status
) -> None:
    hotline.push(a_batch(hotline, signals(1)).document)
    with psycopg.connect(database.superuser) as db:
        db.execute(
            "UPDATE stream SET accepted_at = date_trunc('second', now()) + make_interval(secs => %s)", [seconds_ahead]
        )
    before = rows_of(database.owner)
    assert hotline.push(a_batch(hotline, signals(1)).document).status == status
    assert ("batch" in changed(before, rows_of(database.owner))) == (status == 201)


def test_a_stream_ahead_of_the_clock_is_an_alarm(node, hotline, database) -> None:
    hotline.push(a_batch(hotline, signals(1)).document)
    with psycopg.connect(database.superuser) as db:
        db.execute("UPDATE stream SET accepted_at = now() + interval '1 day'")
    with capture_logs() as told:
        hotline.push(a_batch(hotline, signals(1)).document)
    assert [line["log_level"] for line in told if line["event"] == "stream_ahead_of_clock"] == ["error"]
