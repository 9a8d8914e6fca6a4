"""Two clients of one organisation at the same moment: both in, one chain; nothing twice, nothing half."""

import threading
from concurrent.futures import ThreadPoolExecutor

from crypto.batches import ChainHead, verify_acceptance, verify_chain_step
from crypto.documents import document_digest
from tests.exchanges import claims_in, rows_of
from tests.partners import Answered
from tests.signals import Batch, a_batch, a_signal, an_audience, signals

WRITERS = 8


def together(partner, batches: list[Batch]) -> list[Answered]:
    """Push all at the same moment."""
    start = threading.Barrier(len(batches))

    def push(batch: Batch) -> Answered:
        start.wait()
        return partner.push(batch.document)

    with ThreadPoolExecutor(len(batches)) as threads:
        return list(threads.map(push, batches))


def test_clients_of_one_organisation_on_one_stream_are_all_in_and_form_one_chain(node, hotline) -> None:
    batches = [a_batch(hotline, signals(5)) for _ in range(WRITERS)]
    answers = together(hotline, batches)
    assert [answered.status for answered in answers] == [201] * WRITERS
    manifests = {answered.json["accepted"]: batch.manifest for batch, answered in zip(batches, answers, strict=True)}
    head: ChainHead | None = None
    for accepted in sorted(manifests, key=lambda token: claims_in(token)["seq"]):
        acceptance = verify_acceptance(
            accepted,
            key=node.key.public,
            federation=node.settings.federation,
            manifest_digest=document_digest(manifests[accepted]),
        )
        head = verify_chain_step(acceptance, statement_seq=1, previous=head)
    assert head is not None
    assert head.seq == WRITERS


def test_one_batch_pushed_by_many_at_once_is_stored_once(database, hotline) -> None:
    batch = a_batch(hotline, signals(3))
    answers = together(hotline, [batch] * WRITERS)
    assert sorted(answered.status for answered in answers) == [200] * (WRITERS - 1) + [201]
    assert len({answered.json["accepted"] for answered in answers}) == 1
    assert len(rows_of(database.owner)["batch"]) == 1


def test_one_id_for_two_manifests_at_once_is_given_to_one(database, hotline) -> None:
    first = a_batch(hotline, signals(1))
    second = a_batch(hotline, signals(1), jti=first.jti, audience=an_audience("CLEAR"))
    answers = together(hotline, [first, second])
    assert sorted(answered.status for answered in answers) == [201, 409]
    assert len(rows_of(database.owner)["batch"]) == 1


def test_one_value_in_two_batches_at_once_is_taken_by_one(database, hotline) -> None:
    value = a_signal()["value"]
    answers = together(hotline, [a_batch(hotline, [a_signal(value=value)]) for _ in range(WRITERS)])
    assert sorted(answered.status for answered in answers) == [201] + [422] * (WRITERS - 1)
    assert len(rows_of(database.owner)["record"]) == 1


def test_one_record_in_two_channels_at_once_is_kept_once(database, hotline) -> None:
    signal = a_signal()
    audiences = [
        an_audience(),
        an_audience("CLEAR"),
        an_audience(sectors=["ngo"]),
        an_audience(purposes=["statistics"]),
    ]
    answers = together(hotline, [a_batch(hotline, [signal], audience=audience) for audience in audiences])
    statuses = sorted(answered.status for answered in answers)
    assert statuses[0] == 201
    assert set(statuses[1:]) <= {422, 503}
    assert len(rows_of(database.owner)["record"]) == 1


def test_records_that_cross_in_two_channels_end_without_a_fault(database, hotline) -> None:
    records = signals(200)
    forward = a_batch(hotline, records)
    backward = a_batch(hotline, records[::-1], audience=an_audience("CLEAR"))
    answers = together(hotline, [forward, backward])
    statuses = sorted(answered.status for answered in answers)
    assert statuses[0] == 201
    assert statuses[1] in {422, 503}
    rows = rows_of(database.owner)
    assert len(rows["record"]) == 200
    assert len(rows["entry"]) == len(rows["nonce"])


def test_first_batches_of_two_origins_to_one_new_audience_are_both_in(node, hotline) -> None:
    platform = node.join("platform.example", sector="platform")
    audience = an_audience(sectors=["research"])
    pushes = [(partner, a_batch(partner, signals(2), audience=audience)) for partner in (hotline, platform)]
    with ThreadPoolExecutor(2) as threads:
        statuses = list(threads.map(lambda push: push[0].push(push[1].document).status, pushes))
    assert statuses == [201, 201]
