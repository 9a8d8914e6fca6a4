"""A node that gave a receipt and hides or falsifies its entry: found, and proven by what it signed itself."""

from dataclasses import replace
from pathlib import Path

import orjson
import psycopg
import pytest

from client.auditing.suppressions import act_of, evidence_bytes, prove, read_evidence_file
from client.failures import NodeRootDiffers, NotVerified
from client.state import receipts
from crypto.acts import read_signed_base
from crypto.canonical import canonical_bytes
from crypto.encoding import from_base64url, to_base64url
from crypto.entries import entry_leaf
from crypto.keys import keyid
from crypto.messages import read_request, sign_request, sign_response
from schemas.suppressions import SignedExchange, Suppression
from tests.client.bundling import digest, node_statement
from tests.crypto.builders import EXCHANGE, EXCHANGE_ID, FEDERATION, NODE, NODE_KEY, NOW, ORIGIN
from tests.crypto.organisations import NODE_ROOT
from tests.partners import FEDERATION as TEST_FEDERATION
from tests.partners import NODE_NAME, a_key
from tests.tree.keeping import Keeper, put_log_key

DAY = 86_400
LEAF = to_base64url(digest("leaf"))


# A real node, and its superuser ------------------------------------------------------------------------------------


@pytest.fixture
def partner(world):
    sdk = world.join("hotline.example").sdk()
    sdk.whoami()
    return sdk


@pytest.fixture
def tamper(world):
    """Changes what no role of the node may change."""

    def run(sql, **parameters):
        with psycopg.connect(world.database.superuser) as db:
            db.execute("SET session_replication_role = replica")
            db.execute(sql, parameters)

    return run


@pytest.fixture
def sign(world, tmp_path):
    """Places what waits, and signs the log's head."""
    put_log_key(tmp_path)

    def signed():
        with Keeper(world.database.sequencer, tmp_path) as keeper:
            keeper.sign_all()

    return signed


def receipt_of_whoami(partner):
    return partner.state.db.execute("SELECT leaf FROM receipt WHERE action = 'read_whoami'").fetchone()["leaf"]


def grow_old(partner):
    partner.state.db.execute("UPDATE receipt SET received_at = received_at - :day", {"day": DAY + 1})


def wrong(partner):
    return [one for one in partner.check_receipts() if one.finding is not None]


def test_entries_that_agree_are_found_in_the_signed_head(partner, sign):
    sign()
    checked = partner.check_receipts()
    assert (wrong(partner), {one.is_included for one in checked}) == ([], {True})


def test_an_entry_without_a_place_is_waited_for(partner):
    assert {one.is_waiting for one in partner.check_receipts()} == {True}


def test_an_entry_that_is_gone_is_waited_for_a_day_and_then_called_missing(partner, tamper):
    leaf = receipt_of_whoami(partner)
    tamper("DELETE FROM entry WHERE leaf = %(leaf)s", leaf=from_base64url(leaf))
    assert wrong(partner) == []
    grow_old(partner)
    assert (leaf, "missing") in [(one.leaf, one.finding) for one in wrong(partner)]


@pytest.fixture
def restored(partner, sign):
    """Let the log go on under its next name, of which `kept` entries of the old one are proven to be there."""

    def restore(*, kept, seen_before=0):
        sign()
        head = partner.checkpoints.advance()
        now = int(head.seen_at.timestamp())
        partner.state.db.execute(
            """
            INSERT INTO checkpoint (log, epoch, size, root, note, seen_at)
            VALUES (:log, 0, :size, :root, '', :at)
            """,
            {"log": f"{NODE_NAME}/log/0", "size": kept, "root": bytes(32), "at": now - seen_before},
        )
        partner.state.db.execute(
            """
            INSERT INTO log_change (log, previous, known_size, kept_size, at)
            VALUES (:log, :previous, 1000, :kept, :at)
            """,
            {"log": head.origin, "previous": f"{NODE_NAME}/log/0", "kept": kept, "at": now},
        )

    return restore


def test_an_entry_that_a_restore_has_lost_is_told_as_lost_and_convicts_nobody(partner, tamper, restored):
    leaf = receipt_of_whoami(partner)
    restored(kept=0)
    tamper("DELETE FROM entry WHERE leaf = %(leaf)s", leaf=from_base64url(leaf))
    grow_old(partner)
    checked = partner.check_receipts()
    assert [(one.leaf, one.finding, one.evidence) for one in checked if one.is_lost] == [(leaf, None, None)]
    assert [one for one in partner.check_receipts() if one.is_lost] == []


def test_an_entry_whose_place_another_has_since_a_restore_is_told_as_lost(partner, tamper, sign, restored):
    restored(kept=2)
    partner.check_receipts(sample=0)
    partner.state.db.execute("UPDATE receipt SET place = place - 1, included_at = NULL WHERE place > 2")
    assert {one.is_lost for one in partner.check_receipts()} == {True}


def test_an_entry_that_a_proven_head_held_is_suppressed_whatever_was_restored(partner, tamper, restored):
    leaf = receipt_of_whoami(partner)
    restored(kept=1)
    tamper("DELETE FROM entry WHERE leaf = %(leaf)s", leaf=from_base64url(leaf))
    partner.state.db.execute("UPDATE receipt SET received_at = received_at - :days", {"days": 3 * DAY})
    assert [(one.leaf, one.finding) for one in wrong(partner)] == [(leaf, "missing")]


def test_a_restore_excuses_nothing_that_came_after_it(partner, tamper, restored):
    leaf = receipt_of_whoami(partner)
    restored(kept=0)
    tamper("DELETE FROM entry WHERE leaf = %(leaf)s", leaf=from_base64url(leaf))
    grow_old(partner)
    partner.state.db.execute("UPDATE log_change SET at = at - :days", {"days": 5 * DAY})
    assert [(one.leaf, one.finding) for one in wrong(partner)] == [(leaf, "missing")]


def test_an_altered_entry_is_found_and_its_evidence_convicts_the_node(partner, sign, tamper, world):
    sign()
    leaf = receipt_of_whoami(partner)
    tamper(
        "UPDATE entry SET document = convert_to(replace(convert_from(document, 'UTF8'), 'whoami', 'streams'), 'UTF8')"
        " WHERE leaf = %(leaf)s",
        leaf=from_base64url(leaf),
    )
    (found,) = wrong(partner)
    assert (found.leaf, found.finding) == (leaf, "leaf")
    proven = prove(
        read_evidence_file(Path(found.evidence).read_bytes()), node_root=world.node.organisation.root.thumbprint
    )
    assert (proven.what, proven.detail, proven.leaf) == ("false_entry", "leaf", leaf)


def test_another_leaf_in_the_tree_is_found_and_its_evidence_convicts_the_node(partner, sign, tamper, world):
    world.place()
    leaf = receipt_of_whoami(partner)
    tamper("UPDATE placed SET leaf = %(other)s WHERE leaf = %(leaf)s", leaf=from_base64url(leaf), other=digest("other"))
    sign()
    (found,) = wrong(partner)
    assert (found.leaf, found.finding) == (leaf, "not_included")
    proven = prove(
        read_evidence_file(Path(found.evidence).read_bytes()), node_root=world.node.organisation.root.thumbprint
    )
    assert (proven.what, proven.leaf) == ("other_leaf", leaf)


def test_an_entry_of_0_records_is_convicted_by_the_page_that_came(world):
    from tests.client.exchanging import drafts  # noqa: PLC0415 - two tests exchange

    world.join("hotline.example").sdk().push(drafts(1, 2))
    world.place()
    reader = world.join("platform.example", sector="platform").sdk()
    (page,) = reader.pull(purpose="detection")
    shown = of_0_records(world.node, reader, page)
    root = world.node.organisation.root.thumbprint
    with pytest.raises(NotVerified, match="nothing_proven"):
        prove(shown, node_root=root)
    with pytest.raises(NotVerified, match="other_answer"):
        prove(shown, node_root=root, answer=page.body + b" ")
    proven = prove(shown, node_root=root, answer=page.body)
    assert (proven.what, proven.detail) == ("false_entry", "records")


def test_a_batch_that_was_there_already_agrees_with_an_entry_of_0_records(world):
    from tests.client.exchanging import drafts  # noqa: PLC0415 - one test exchanges

    sdk = world.join("hotline.example").sdk()
    sdk.push(drafts(1))
    sdk.state.db.execute("UPDATE journal SET state = 'signed', accepted = NULL")
    sdk.push([])
    assert [one for one in sdk.check_receipts() if one.finding is not None] == []


def of_0_records(node, reader, page):
    """Evidence of a node that wrote from the first that nothing came, and gave the receipt of that entry."""
    kept = next(one for one in receipts.unopened_receipts(reader.state.db, limit=99) if one.leaf == page.receipt)
    told = orjson.loads(reader.read(f"/v1/log/entries/{kept.leaf}").body)
    nothing = {"records": 0, "served": None, "from": None, "to": None}
    entry = canonical_bytes(orjson.loads(told["entry"]) | nothing)
    leaf = to_base64url(entry_leaf(salt=from_base64url(told["salt"]), entry=entry, p=from_base64url(told["p"])))
    request = read_signed_base(kept.signature_base, signature=from_base64url(kept.signature))
    answer = sign_response(
        request=request,
        status=200,
        content_type=kept.content_type,
        body_digest=from_base64url(kept.response_sha256),
        receipt=leaf,
        key=node.key,
        keyid=node.keyid,
        created=kept.answered_at,
    )
    said = act_of(kept)
    signed = {"signature_input": answer["Signature-Input"], "answer_signature": answer["Signature"]}
    body = orjson.dumps(told | {"entry": entry.decode()}).decode()
    return Suppression(
        v=1,
        federation=TEST_FEDERATION,
        node=NODE_NAME,
        action="read_feed",
        act=replace(said, receipt=leaf, **signed),
        look_up=an_exchange(
            f"/v1/log/entries/{leaf}", status=200, body=body, receipt=None, at=kept.answered_at, key=node.key
        ),
        checkpoint=None,
        leaf_there=None,
        statements=tuple(node.organisation.statements),
    )


# Evidence, judged by itself ----------------------------------------------------------------------------------------


def an_exchange(target, *, status, body, receipt, at, key=NODE_KEY):
    headers = sign_request(
        method="GET",
        target_uri=ORIGIN + target,
        purpose="administration",
        body=None,
        content_type=None,
        key=EXCHANGE,
        keyid=EXCHANGE_ID,
        created=at,
        nonce="A" * 22,
    )
    request = read_request(method="GET", target_uri=ORIGIN + target, headers=headers.items())
    answer = sign_response(
        request=request,
        status=status,
        content_type="application/json",
        body_digest=digest(body),
        receipt=receipt,
        key=key,
        keyid=keyid(NODE, key.thumbprint),
        created=at,
    )
    return SignedExchange(
        base=request.base.decode(),
        signature=to_base64url(request.signature),
        status=status,
        content_type="application/json",
        body_sha256=to_base64url(digest(body)),
        receipt=receipt,
        answered_at=at,
        signature_input=answer["Signature-Input"],
        answer_signature=answer["Signature"],
        body=body,
    )


NOT_FOUND = orjson.dumps(
    {
        "type": f"{ORIGIN}/problems/not_found",
        "title": "x",
        "status": 404,
        "code": "not_found",
        "request_id": "0193d9d4-0000-7000-8000-000000000001",
    }
).decode()


def a_suppression(*, later=DAY, target=f"/v1/log/entries/{LEAF}", key=NODE_KEY):
    return Suppression(
        v=1,
        federation=FEDERATION,
        node=NODE,
        action="read_whoami",
        act=an_exchange("/v1/whoami", status=200, body="{}", receipt=LEAF, at=NOW, key=key),
        look_up=an_exchange(target, status=404, body=NOT_FOUND, receipt=None, at=NOW + later),
        checkpoint=None,
        leaf_there=None,
        statements=(node_statement(),),
    )


def judged(one):
    return prove(read_evidence_file(evidence_bytes(one)), node_root=NODE_ROOT.thumbprint)


def test_a_signed_receipt_and_a_signed_no_a_day_later_convict_the_node():
    proven = judged(a_suppression())
    assert (proven.what, proven.organisation, proven.leaf) == ("missing", "hotline.example", LEAF)


def test_a_no_before_a_day_has_passed_convicts_nobody():
    with pytest.raises(NotVerified, match="nothing_proven"):
        judged(a_suppression(later=DAY - 1))


def test_a_no_about_another_entry_convicts_nobody():
    with pytest.raises(NotVerified, match="nothing_proven"):
        judged(a_suppression(target=f"/v1/log/entries/{to_base64url(digest('another'))}"))


def test_an_answer_that_the_node_did_not_sign_convicts_nobody():
    with pytest.raises(NotVerified, match="evidence_signature"):
        judged(a_suppression(key=a_key("somebody")))


def test_a_receipt_that_was_written_into_the_evidence_convicts_nobody():
    shown = orjson.loads(evidence_bytes(a_suppression()))
    shown["act"]["receipt"] = to_base64url(digest("another"))
    with pytest.raises(NotVerified, match="evidence_signature"):
        prove(read_evidence_file(orjson.dumps(shown)), node_root=NODE_ROOT.thumbprint)


def test_evidence_under_another_root_convicts_nobody():
    with pytest.raises(NodeRootDiffers):
        prove(a_suppression(), node_root=LEAF)


def test_what_is_no_evidence_is_refused():
    with pytest.raises(NotVerified, match="evidence_form"):
        read_evidence_file(b'{"v":1}')
