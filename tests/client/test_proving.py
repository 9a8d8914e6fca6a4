"""One record, proven from its line to the log's head; whatever is altered on the way is noticed and named."""

from typing import Any

import orjson
import pytest

from client.failures import NotVerified
from client.proving import Known, ProvenRecord, prove_record
from crypto.checkpoints import Checkpoint, open_note, read_body, sign_checkpoint
from crypto.encoding import to_base64url
from tests.client.exchanging import PURPOSE, drafts
from tests.exchanges import sign_head
from tests.partners import NODE_NAME, a_key

ORIGIN = "hotline.example"
OTHER = to_base64url(b"x" * 32)


class Shown:
    """What a consumer is shown of a record that was shared with two others, and by whom it judges it."""

    def __init__(self, world: Any, *, is_signed: bool = True) -> None:
        self.world = world
        self.hotline = world.join(ORIGIN).sdk()
        self.reader = world.join("platform.example", sector="platform").sdk()
        self.hotline.push(drafts(1, 2, 3))
        if is_signed:
            sign_head(world.node)
        else:
            world.place()
        list(self.reader.pull(purpose=PURPOSE))
        self.ids = [record.id for record in self.hotline.live_records(kind="signal")]
        asked = world.node.partner("platform.example", sector="platform")
        answered = asked.get(f"/v1/records/{ORIGIN}/{self.ids[1]}", purpose=PURPOSE)
        assert answered.status == 200, answered.body
        self.told: dict[str, Any] = answered.json

    def prove(self, *, record_id: str | None = None, **changes: Any) -> ProvenRecord:
        trust = self.reader.trust
        known = Known(
            origin=ORIGIN,
            node=NODE_NAME,
            federation=self.reader.config.federation,
            origin_statements=trust.statements(ORIGIN),
            node_statements=trust.statements(NODE_NAME),
        )
        body = orjson.dumps(self.told | changes)
        return prove_record(body, record_id=record_id or self.ids[1], known=known, now=self.reader.source.now())

    def path(self, name: str, **changes: Any) -> dict[str, Any]:
        return {name: self.told[name] | changes}

    def head(self, *, by: Any = None, **changes: Any) -> dict[str, Any]:
        """The head that was shown, altered, and signed again."""
        head = read_body(open_note(self.told["checkpoint"]).body)
        altered = Checkpoint(**({"origin": head.origin, "size": head.size, "root": head.root} | changes))
        return {"checkpoint": sign_checkpoint(altered, key=by or a_key(NODE_NAME, "log"))}

    def refused(self, **changes: Any) -> str:
        with pytest.raises(NotVerified) as found:
            self.prove(**changes)
        return found.value.reason


@pytest.fixture
def shown(world) -> Shown:
    return Shown(world)


def test_a_record_is_proven_down_to_the_logs_head(shown) -> None:
    proven = shown.prove()
    assert (proven.value["id"], proven.manifest.count) == (shown.ids[1], 3)
    assert proven.line.decode() == shown.told["line"]
    assert proven.checkpoint == read_body(open_note(shown.told["checkpoint"]).body)
    assert proven.place == tuple(shown.told["place"])


def test_before_a_head_holds_it_a_record_is_proven_by_its_origin_alone(world) -> None:
    proven = Shown(world, is_signed=False).prove()
    assert (proven.entry_leaf, proven.checkpoint, proven.note) == (None, None, None)


def test_whatever_is_altered_is_named(shown) -> None:
    other_line = shown.told["line"].replace('"media":"image"', '"media":"video"')
    path = shown.told["log_path"]["path"]
    assert {
        "line": shown.refused(line=other_line),
        "line_path": shown.refused(**shown.path("line_path", path=[OTHER, *shown.told["line_path"]["path"][1:]])),
        "line_index": shown.refused(**shown.path("line_path", index=0)),
        "line_index_outside": shown.refused(**shown.path("line_path", index=3)),
        "record": shown.refused(record_id=shown.ids[0]),
        "commitment": shown.refused(commitment=OTHER),
        "p_path": shown.refused(**shown.path("p_path", path=[OTHER])),
        "p_index": shown.refused(**shown.path("p_path", index=1)),
        "log_path": shown.refused(**shown.path("log_path", path=[OTHER, *path[1:]])),
        "log_path_short": shown.refused(**shown.path("log_path", path=path[:-1])),
        "log_index": shown.refused(**shown.path("log_path", index=0)),
        "place": shown.refused(place=[1, 0, 0, 0]),
        "no_place": shown.refused(place=None),
        "half": shown.refused(commitment=None),
        "note": shown.refused(checkpoint="no note"),
    } == {
        "line": "evidence_line_path",
        "line_path": "evidence_line_path",
        "line_index": "evidence_line_path",
        "line_index_outside": "evidence_inclusion_path",
        "record": "evidence_another_record",
        "commitment": "evidence_log_path",
        "p_path": "evidence_log_path",
        "p_index": "evidence_log_path",
        "log_path": "evidence_log_path",
        "log_path_short": "evidence_inclusion_path",
        "log_index": "evidence_place",
        "place": "evidence_place",
        "no_place": "evidence_place",
        "half": "evidence_log_members",
        "note": "evidence_note_form",
    }


def test_a_head_counts_by_the_nodes_log_key_and_name_alone(shown) -> None:
    assert {
        "key": shown.refused(**shown.head(by=a_key(NODE_NAME, "node"))),
        "root": shown.refused(**shown.head(root=b"x" * 32)),
        "size": shown.refused(**shown.head(size=1)),
        "name": shown.refused(**shown.head(origin="platform.example/log/1")),
        "form_of_name": shown.refused(**shown.head(origin=f"{NODE_NAME}/log/first")),
    } == {
        "key": "checkpoint_note_unsigned",
        "root": "evidence_log_path",
        "size": "evidence_inclusion_path",
        "name": "evidence_checkpoint_origin",
        "form_of_name": "evidence_checkpoint_origin",
    }


def test_a_partner_proves_a_record_and_holds_the_head_against_what_it_has_seen(shown) -> None:
    proven = shown.reader.prove(ORIGIN, shown.ids[2], purpose=PURPOSE)
    assert proven.value["id"] == shown.ids[2]
    assert shown.reader.checkpoints.newest().size >= proven.checkpoint.size


def test_the_receipt_of_a_proof_is_kept_and_opens(shown) -> None:
    shown.reader.prove(ORIGIN, shown.ids[0], purpose=PURPOSE)
    checked = [one for one in shown.reader.check_receipts() if one.action == "read_record"]
    assert [one.finding for one in checked] == [None]
