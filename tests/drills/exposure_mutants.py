"""The report's rules, each taken away: a connection that sends one text in place of another."""

from typing import Any, Self

# Of the report of a record: what is taken out, and what comes in its place.
OF_A_RECORD: dict[str, tuple[str, str]] = {
    "an interval that has closed gives nothing": (
        "AND (way.until_index IS NULL OR way.until_index > pull.index)",
        "",
    ),
    "an interval begins somewhere": ("AND held.from_index <= revised.i", ""),
    "a past begins somewhere": ("past.past_from <= revised.i", "true"),
    "a past ends somewhere": ("AND past.past_until > revised.i", ""),
    "a past comes with an interval that is open": (
        "AND open.from_index <= past.from_index\n",
        "\n",
    ),
    "a past comes where it was opened": (
        "past.from_index, open.until_index, false",
        "revised.i, open.until_index, false",
    ),
    "a page begins somewhere": (
        "AND (way.m, way.i, way.j) >= (pull.first_place[2], pull.first_place[3], pull.first_place[4])",
        "",
    ),
    "a page ends somewhere": (
        "AND (way.m, way.i, way.j) <= (pull.last_place[2], pull.last_place[3], pull.last_place[4])",
        "",
    ),
    "kinds that were not asked for": ("AND (pull.filter_kind IS NULL OR pull.filter_kind = way.kind)", ""),
    "origins that were not asked for": (
        "AND (pull.filter_origin_id IS NULL OR pull.filter_origin_id = way.origin_id)",
        "",
    ),
    "one's own was not asked for": ("AND (pull.filter_own OR way.origin_id <> way.reader_id)", ""),
    "purposes": ("(way.purposes = '{}' OR said.purpose = ANY (way.purposes))", "true"),
    "one's own comes for any purpose": ("(way.is_own\n", "(false\n"),
    "one's own always comes": ("revised.i AS m, NULL::bigint AS until_index", "-1 AS m, NULL::bigint AS until_index"),
    "what is about one's own always comes": ("WHERE revised.about_id IS NOT NULL", "WHERE false"),
    "the batch had expired": ("AND way.expires_at > pull.at", ""),
    "the line was masked": ("OR pulled.masked_index > pulled.index", "OR true"),
    "the line was masked later": ("OR pulled.masked_index > pulled.index", "OR false"),
    "who reads one record": ("said.action = 'read_record'", "said.action = 'nothing'"),
    "who reads one record reads one revision": (
        "AND (reading.last_place[3], reading.last_place[4]) = (revised.i, revised.j)",
        "",
    ),
}


class Rewritten:
    """A connection for which `old` reads `new`."""

    def __init__(self, db: Any, old: str, new: str) -> None:
        self._db, self._old, self._new = db, old, new
        self.met = 0

    def cursor(self, **said: Any) -> "_Cursor":
        return _Cursor(self, self._db.cursor(**said))

    def execute(self, query: str, parameters: Any = None) -> Any:
        return self._db.execute(self.rewritten(query), parameters)

    def rewritten(self, query: str) -> str:
        self.met += query.count(self._old)
        return query.replace(self._old, self._new)


class _Cursor:
    def __init__(self, db: Rewritten, rows: Any) -> None:
        self._db, self._rows = db, rows

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._rows.close()

    def execute(self, query: str, parameters: Any = None) -> Any:
        return self._rows.execute(self._db.rewritten(query), parameters)
