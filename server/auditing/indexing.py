"""Keep the index of the trail: read entries in the order of their places, and write what auditors look for.

A thread beside the worker, as its role, on a connection of its own; of several, one is active, by an advisory lock that
ends with its connection. All of a step is one transaction with how far it came: killed between two steps, it left
nothing half. The index is derived: emptied, it is made again from the log, and says the same.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Event

import psycopg
import structlog
from psycopg.types.range import Int8Range

from server.auditing import concerning_store
from server.auditing import indexing_store as store
from server.auditing.concerning_store import AskedPull
from server.auditing.indexing_store import Line, Posting
from server.auditing.meaning import Combination, Meaning, PlacedEntry, meaning_of
from server.db import Connection, connect

# Any number, the same in all processes: one indexer a database.
ADVISORY_LOCK = 4_711_205
_AT_ONCE = 2_000
_POLL_SECONDS = 0.2
_RECONNECT_SECONDS = 1.0
# Of entries whose text is gone.
NO_COMBINATION = 0
_ORGANISATION_SHIFT = 40

log = structlog.get_logger()


@dataclass(kw_only=True)
class Numbers:
    """The numbers that combinations and scopes have, as far as they were read; `renewals` says of which index."""

    renewals: int = -1
    combinations: dict[Combination, int] = field(default_factory=dict)
    scopes: dict[tuple[str | None, bool], int] = field(default_factory=dict)

    def read(self, db: Connection, *, renewals: int) -> None:
        """Read them again if something was taken out of the index since."""
        if self.renewals != renewals:
            self.combinations = store.known_combinations(db)
            self.scopes = store.known_scopes(db)
            self.renewals = renewals

    def combination(self, db: Connection, said: Combination) -> int:
        """Return the number of a combination; it is made if it has none."""
        if said not in self.combinations:
            self.combinations[said] = store.insert_combination(db, said)
        return self.combinations[said]

    def scope(self, db: Connection, organisation: str | None, *, of_records: bool = False) -> int:
        """Return the number of a scope; it is made if it has none."""
        named = (organisation, of_records)
        if named not in self.scopes:
            self.scopes[named] = store.insert_scope(db, organisation, of_records=of_records)
        return self.scopes[named]


@dataclass(frozen=True, kw_only=True)
class _Read:
    """An entry with what it says (None: its text is gone, or is none) and the organisations that it touches."""

    entry: PlacedEntry
    meaning: Meaning | None
    concerned: frozenset[str]
    records_of: frozenset[str]


def start(database_url: str, *, stop: Event) -> threading.Thread:
    """Keep the index in a thread until `stop` is set."""
    thread = threading.Thread(target=run, args=(database_url,), kwargs={"stop": stop}, name="indexer", daemon=True)
    thread.start()
    return thread


def run(database_url: str, *, stop: Event) -> None:
    """Keep the index until `stop` is set; wait while another does, come back when the database does."""
    while not stop.is_set():
        try:
            with connect(database_url, autocommit=True, connect_timeout=10) as db:
                _serve(db, stop)
        except psycopg.Error as error:
            # The text of a database error may hold values.
            log.warning("indexer_failed", error=type(error).__name__)
            stop.wait(_RECONNECT_SECONDS)


def _serve(db: Connection, stop: Event) -> None:
    while db.execute("SELECT pg_try_advisory_lock(%s)", [ADVISORY_LOCK]).fetchone() != (True,):
        if stop.wait(_RECONNECT_SECONDS):
            return
    log.info("indexer_started")
    # What is lost with the server is made again: progress and rows are lost together.
    db.execute("SET synchronous_commit = off")
    numbers = Numbers()
    while not stop.is_set():
        if index_placed(db, numbers) == 0:
            stop.wait(_POLL_SECONDS)


def index_placed(db: Connection, numbers: Numbers | None = None, *, most: int = _AT_ONCE) -> int:
    """Read up to `most` placed entries into the index, in one transaction; return how many."""
    known = Numbers() if numbers is None else numbers
    try:
        with db.transaction():
            progress = store.lock_progress(db)
            entries = store.next_placed(db, from_index=progress.next_index, most=most)
            if not entries:
                return 0
            known.read(db, renewals=progress.renewals)
            _write(db, known, _read(db, entries))
            store.move_progress(db, next_index=entries[-1].index + 1)
    except psycopg.Error:
        # What was numbered in it is numbered no more.
        known.renewals = -1
        raise
    return len(entries)


def index_all(db: Connection) -> int:
    """Read everything that is placed into the index; return how many entries that were."""
    numbers, indexed = Numbers(), 0
    while count := index_placed(db, numbers):
        indexed += count
    return indexed


def empty_index(db: Connection) -> None:
    """Take everything out of the index, in one transaction; the indexer makes it again from the log."""
    with db.transaction():
        store.lock_progress(db)
        store.empty(db)


def _read(db: Connection, entries: list[PlacedEntry]) -> list[_Read]:
    about = concerning_store.about_of(db, [entry.entry_id for entry in entries if entry.stored])
    return [_read_one(db, entry, about.get(entry.entry_id)) for entry in entries]


def _read_one(db: Connection, entry: PlacedEntry, about: str | None) -> _Read:
    meaning = _meaning(entry)
    if meaning is None:
        return _Read(entry=entry, meaning=None, concerned=frozenset(), records_of=frozenset())
    touched = set() if about is None else {about}
    said = meaning.combination
    if meaning.pull is not None and said.organisation_id is not None and said.purpose is not None:
        touched |= set(
            concerning_store.origins_in(
                db,
                AskedPull(
                    index=entry.index,
                    at=entry.at,
                    organisation_id=said.organisation_id,
                    purpose=said.purpose,
                    pull=meaning.pull,
                ),
            )
        )
    return _Read(
        entry=entry, meaning=meaning, concerned=meaning.concerned | touched, records_of=meaning.records_of | touched
    )


def _meaning(entry: PlacedEntry) -> Meaning | None:
    if entry.document is None:
        return None
    try:
        return meaning_of(entry, entry.document)
    except (ValueError, KeyError, TypeError, AttributeError, IndexError):
        # No process of ours writes such an entry, and whoever did must not stop the index: the proofs will tell.
        log.error("entry_not_readable", index=entry.index)  # noqa: TRY400 - a traceback's text could hold its text
        return None


def _write(db: Connection, numbers: Numbers, read: list[_Read]) -> None:
    lines, postings, records = [], [], []
    origins = store.organisations_named(
        db, {one.meaning.pull.origin for one in read if one.meaning and one.meaning.pull and one.meaning.pull.origin}
    )
    for one in read:
        number = None if one.meaning is None else numbers.combination(db, one.meaning.combination)
        lines.append(_line(one, number, origins))
        scopes = [
            numbers.scope(db, None),
            *(numbers.scope(db, name) for name in sorted(one.concerned)),
            *(numbers.scope(db, name, of_records=True) for name in sorted(one.records_of)),
        ]
        postings += [
            Posting(
                scope_id=scope,
                combination_id=NO_COMBINATION if number is None else number,
                index=one.entry.index,
                at=one.entry.at,
            )
            for scope in scopes
        ]
        if one.meaning is not None and one.meaning.record is not None:
            records.append((*one.meaning.record, one.entry.index))
    store.insert_lines(db, lines)
    store.insert_postings(db, postings)
    store.insert_spans(db, [one.entry for one in read])
    if records:
        store.insert_records(db, records)


def _line(one: _Read, number: int | None, origins: Mapping[str, int]) -> Line:
    entry, meaning = one.entry, one.meaning
    pull = None if meaning is None else meaning.pull
    return Line(
        index=entry.index,
        entry_id=entry.entry_id,
        leaf=entry.leaf,
        at=entry.at,
        combination_id=number,
        response_status=None if meaning is None else meaning.response_status,
        records=None if meaning is None else meaning.records,
        first_place=None if meaning is None or meaning.first is None else list(meaning.first),
        last_place=None if meaning is None or meaning.last is None else list(meaning.last),
        filter_kind=None if pull is None else pull.kind,
        filter_origin_id=None if pull is None or pull.origin is None else origins.get(pull.origin),
        filter_own=None if pull is None else pull.own,
        places=None if meaning is None else places_of(meaning),
    )


def places_of(meaning: Meaning) -> Int8Range | None:
    """Return the range of `organisation_id * 2^40 + m` that a pull went through, both ends included; None of others."""
    pull, organisation_id = meaning.pull, meaning.combination.organisation_id
    if pull is None or organisation_id is None:
        return None
    base = organisation_id << _ORGANISATION_SHIFT
    return Int8Range(base + pull.first[1], base + pull.last[1], "[]")
