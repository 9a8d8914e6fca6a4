"""Valid documents of every kind, their lines cut, doubled, reordered and spliced: refused, and nothing is stored."""

from collections.abc import Sequence

import psycopg
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from psycopg import sql

from tests.exchanges import place
from tests.groups.building import a_group, a_group_batch
from tests.incidents.building import an_incident, an_incident_batch
from tests.opinions.building import an_opinion, an_opinion_batch
from tests.partners import Partner
from tests.signals import a_batch, signals

KINDS = ("signal", "incident", "opinion", "group")
MUTATIONS = ("cut", "drop", "double", "swap", "splice", "manifest", "acceptance", "shorten", "flip")
TABLES = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
# What every request leaves, refused or not.
TRACES = {"entry", "nonce", "unplaced", "rate"}

Lines = list[bytes]


@pytest.fixture
def platform(node) -> Partner:
    return node.join("platform.example", sector="platform")


@pytest.fixture
def documents(node, hotline, platform) -> dict[str, Lines]:
    """A document of each kind that the platform may push, as lines; and the acceptance of another batch."""
    shared = signals(3)
    pushed = hotline.push(a_batch(hotline, shared).document)
    place(node)
    batches = {
        "signal": a_batch(platform, signals(3)),
        "incident": an_incident_batch(platform, [an_incident() for _ in range(3)]),
        "opinion": an_opinion_batch(platform, hotline, [an_opinion(hotline, signal) for signal in shared]),
        "group": a_group_batch(platform, a_group(platform.name, hotline.name)),
    }
    accepted = b'{"accepted":"%b"}\n' % pushed.json["accepted"].encode()
    return {kind: batch.document.splitlines(keepends=True) for kind, batch in batches.items()} | {
        "accepted": [accepted]
    }


def mutated(lines: Lines, mutation: str, at: int, others: Sequence[Lines], accepted: bytes) -> Lines:
    """`lines` after one mutation; `at` is any number and chooses where."""
    here, there = at % len(lines), (at // 7) % len(lines)
    before, line, after = lines[:here], lines[here], lines[here + 1 :]
    other, whole, byte = others[at % len(others)], b"".join(lines), (at // 11) % len(line)
    swapped = list(lines)
    swapped[here], swapped[there] = lines[there], lines[here]
    return {
        "cut": whole[: at % len(whole)].splitlines(keepends=True),
        "drop": [*before, *after],
        "double": [*lines[:there], line, *lines[there:]],
        "swap": swapped,
        "splice": [*before, *other[1:], line, *after],
        "manifest": [*before, other[0], line, *after],
        "acceptance": [*before, accepted, line, *after],
        "shorten": [*before, line[:byte] + line[byte + 1 :], *after],
        "flip": [*before, line[:byte] + bytes([line[byte] ^ 1]) + line[byte + 1 :], *after],
    }[mutation]


def stored(db: psycopg.Connection) -> dict[str, int]:
    """The number of rows of each table that a refused push must leave alone."""
    tables = [
        sql.SQL("SELECT {}, count(*) FROM {}").format(name, sql.Identifier(name))
        for (name,) in db.execute(TABLES)
        if name not in TRACES
    ]
    return dict(db.execute(sql.SQL(" UNION ALL ").join(tables)).fetchall())


def test_a_document_that_was_tampered_with_is_refused_whole(database, documents, platform) -> None:
    with psycopg.connect(database.superuser, autocommit=True) as db:
        before = stored(db)

        @settings(max_examples=settings().max_examples // 2, deadline=None, suppress_health_check=list(HealthCheck))
        @given(
            kind=st.sampled_from(KINDS),
            steps=st.lists(
                st.tuples(st.sampled_from(MUTATIONS), st.integers(min_value=0, max_value=1 << 20)),
                min_size=1,
                max_size=3,
            ),
        )
        def push(kind: str, steps: list[tuple[str, int]]) -> None:
            lines = documents[kind]
            for mutation, at in steps:
                assume(lines)
                lines = mutated(lines, mutation, at, [documents[one] for one in KINDS], documents["accepted"][0])
            assume(lines != documents[kind])
            answered = platform.push(b"".join(lines))
            assert answered.status in {400, 403, 413, 422}, answered.body
            if answered.status == 422:
                refused = answered.json["refused"]
                assert refused
                assert {one["index"] for one in refused} <= {None, *range(len(lines) - 1)}
            assert stored(db) == before

        push()
    assert [platform.push(b"".join(documents[kind])).status for kind in KINDS] == [201] * len(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_a_line_of_another_kind_is_refused_by_its_index(refuse, documents, platform, kind) -> None:
    others = {"signal": "incident", "incident": "signal", "opinion": "signal", "group": "signal"}
    lines = [*documents[kind], documents[others[kind]][1]]
    answered = refuse(platform, b"".join(lines))
    assert (answered.status, answered.code) == (422, "records_refused")
    assert {one["index"] for one in answered.json["refused"]} == {None, len(lines) - 2}


@pytest.mark.parametrize("kind", KINDS)
def test_a_doubled_line_is_refused_by_its_index(refuse, documents, platform, kind) -> None:
    lines = [*documents[kind], documents[kind][1]]
    refused = refuse(platform, b"".join(lines)).json["refused"]
    assert {"index": len(lines) - 2, "pointer": "/id", "code": "repeated_in_batch"} in refused
