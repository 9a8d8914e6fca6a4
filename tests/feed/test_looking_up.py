"""One record with what proves it; streams and their heads; what is hidden looks like what is not there."""

import orjson

from crypto.batches import record_leaf, stream_id
from crypto.checkpoints import verify_checkpoint
from crypto.documents import document_digest
from crypto.encoding import from_base64url, to_base64url
from crypto.merkle import leaf_hash, root_from_path
from tests.exchanges import claims_in, expire, place, sign_head
from tests.partners import FEDERATION, an_id
from tests.signals import a_batch, a_signal, a_withdrawal, an_audience, signals


def alike(answered) -> bytes:
    """The answer's bytes but for its request id."""
    problem = orjson.loads(answered.body)
    problem["request_id"] = ""
    return orjson.dumps((answered.status, problem, sorted(name for name, _ in answered.headers)))


def test_the_evidence_leads_from_the_line_to_the_manifests_root(node, hotline, platform) -> None:
    records = signals(7)
    batch = a_batch(hotline, records)
    accepted = hotline.push(batch.document).json["accepted"]
    place(node)
    for position, record in enumerate(records):
        told = platform.get(f"/v1/records/hotline.example/{record['id']}", purpose="detection").json
        assert told["line"].encode() == batch.lines[position]
        assert (told["manifest"], told["accepted"]) == (batch.manifest, accepted)
        path = [from_base64url(step, length=32) for step in told["line_path"]["path"]]
        root = root_from_path(record_leaf(told["line"].encode()), index=told["line_path"]["index"], size=7, path=path)
        assert to_base64url(root) == batch.claims["root"]


def test_until_its_entry_is_under_a_signed_head_a_record_is_not_tied_to_the_log(node, hotline, platform) -> None:
    sign_head(node)
    record = a_signal()
    hotline.push(a_batch(hotline, [record]).document)
    place(node)
    told = platform.get(f"/v1/records/hotline.example/{record['id']}", purpose="detection").json
    assert [told[name] for name in ("commitment", "p_path", "log_path", "checkpoint")] == [None] * 4
    assert len(told["place"]) == 4


def test_the_evidence_leads_from_the_acceptance_to_the_signed_head(node, hotline, platform) -> None:
    record = a_signal()
    pushed = hotline.push(a_batch(hotline, [record]).document)
    sign_head(node)
    platform.get("/v1/whoami")
    sign_head(node)
    told = platform.get(f"/v1/records/hotline.example/{record['id']}", purpose="detection").json
    head = verify_checkpoint(told["checkpoint"], verifier_key=node.public("/.well-known/havre")["log"]["verifier_key"])
    p = root_from_path(
        leaf_hash(document_digest(told["accepted"])),
        index=told["p_path"]["index"],
        size=1,
        path=[from_base64url(step, length=32) for step in told["p_path"]["path"]],
    )
    leaf = leaf_hash(from_base64url(told["commitment"], length=32) + p)
    assert to_base64url(leaf) == pushed.receipt
    assert told["log_path"]["index"] == told["place"][2]
    assert head.root == root_from_path(
        leaf,
        index=told["log_path"]["index"],
        size=head.size,
        path=[from_base64url(step, length=32) for step in told["log_path"]["path"]],
    )


def test_a_withdrawn_record_is_its_withdrawal(node, hotline, platform) -> None:
    record = a_signal()
    hotline.push(a_batch(hotline, [record]).document)
    hotline.push(a_batch(hotline, [a_withdrawal(record)]).document)
    place(node)
    told = platform.get(f"/v1/records/hotline.example/{record['id']}", purpose="detection").json
    assert orjson.loads(told["line"])["status"] == "withdrawn"


def test_unknown_and_hidden_records_answer_alike(node, database, hotline, platform) -> None:
    for_others = a_signal()
    hotline.push(a_batch(hotline, [for_others], audience=an_audience(sectors=["government"])).document)
    for_statistics = a_signal()
    hotline.push(a_batch(hotline, [for_statistics], audience=an_audience(purposes=["statistics"])).document)
    expired = a_signal()
    brief = a_batch(hotline, [expired])
    hotline.push(brief.document)
    place(node)
    not_placed = a_signal()
    hotline.push(a_batch(hotline, [not_placed]).document)
    expire(database.superuser, brief.jti)
    ids = [an_id(), "no-id", *(record["id"] for record in (for_others, for_statistics, expired, not_placed))]
    answers = {alike(platform.get(f"/v1/records/hotline.example/{one}", purpose="detection")) for one in ids}
    answers.add(alike(platform.get(f"/v1/records/nobody.example/{for_others['id']}", purpose="detection")))
    assert len(answers) == 1
    assert b"not_found" in answers.pop()


def test_ids_of_different_origins_never_meet(node, hotline, platform) -> None:
    record = a_signal()
    hotline.push(a_batch(hotline, [record]).document)
    place(node)
    assert platform.get(f"/v1/records/platform.example/{record['id']}", purpose="detection").status == 404


def test_a_contributor_looks_up_its_own_records_alone(node, hotline) -> None:
    writer = node.join("writer.example", roles=["contributor"])
    theirs, own = a_signal(), a_signal()
    hotline.push(a_batch(hotline, [theirs]).document)
    writer.push(a_batch(writer, [own]).document)
    place(node)
    assert writer.get(f"/v1/records/hotline.example/{theirs['id']}", purpose="detection").status == 404
    assert writer.get(f"/v1/records/writer.example/{own['id']}", purpose="detection").status == 200


def test_streams_are_told_with_their_heads(node, hotline, platform) -> None:
    hotline.push(a_batch(hotline, signals(1)).document)
    accepted = hotline.push(a_batch(hotline, signals(1)).document).json["accepted"]
    place(node)
    (told,) = platform.get("/v1/streams", purpose="detection").json["streams"]
    assert told["stream"] == claims_in(accepted)["stream"]
    assert told["seq"] == 2
    assert told["acceptance_sha256"] == to_base64url(document_digest(accepted))
    assert told["stream"] == stream_id(
        federation=FEDERATION,
        origin=told["origin"],
        kind=told["kind"],
        audience=told["audience"],
        about=told["about"],
        log=told["log"],
    )


def test_streams_that_are_not_for_the_caller_are_not_told(node, hotline, platform) -> None:
    hotline.push(a_batch(hotline, signals(1), audience=an_audience(sectors=["government"])).document)
    hotline.push(a_batch(hotline, signals(1), audience=an_audience(purposes=["statistics"])).document)
    place(node)
    assert platform.get("/v1/streams", purpose="detection").json["streams"] == []
    assert len(platform.get("/v1/streams", purpose="statistics").json["streams"]) == 1
    assert len(hotline.get("/v1/streams", purpose="detection").json["streams"]) == 2


def test_a_contributor_is_told_its_own_streams_alone(node, hotline) -> None:
    writer = node.join("writer.example", roles=["contributor"])
    hotline.push(a_batch(hotline, signals(1)).document)
    writer.push(a_batch(writer, signals(1)).document)
    place(node)
    streams = writer.get("/v1/streams", purpose="detection").json["streams"]
    assert [stream["origin"] for stream in streams] == ["writer.example"]


def test_streams_are_paged_by_the_last_one_seen(monkeypatch, node, hotline, platform) -> None:
    for sectors in (["platform"], ["hotline", "platform"], []):
        hotline.push(a_batch(hotline, signals(1), audience=an_audience(sectors=sectors)).document)
    place(node)
    everything = platform.get("/v1/streams", purpose="detection").json["streams"]
    monkeypatch.setattr("server.feed.looking_up.STREAMS_A_PAGE", 1)
    seen: list[dict[str, object]] = []
    page = platform.get("/v1/streams", purpose="detection").json["streams"]
    while page:
        seen += page
        page = platform.get(f"/v1/streams?after={page[-1]['stream']}", purpose="detection").json["streams"]
    assert seen == everything
    assert len(seen) == 3
