"""Speak SQL for the rates: take tokens out of a bucket that all processes of the api share."""

from dataclasses import dataclass

from server.db import Connection
from server.statements import COMMIT, Statement, run_together


@dataclass(frozen=True, kw_only=True)
class Draw:
    """What to take: up to `want` tokens out of the bucket of `subject` for `act`, of `quota` within `seconds`."""

    subject: str
    act: str
    want: int
    quota: int
    seconds: int


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """What was granted, and what is left in the bucket."""

    granted: int
    tokens: float


def draw(db: Connection, draws: list[Draw], *, commit: bool) -> list[Drawn]:
    """Take tokens for each of `draws`, in their order; one round trip.

    With `commit` it is a transaction of its own, so that nobody waits for the row until another's act has ended;
    without, it belongs to the transaction under way. A clock that went backward fills nothing, and empties nothing.

    Raises:
        psycopg.OperationalError: the database cannot be reached, or somebody holds the row too long.
    """
    statements = [_statement(each) for each in draws]
    rows = run_together(db, *statements, *([COMMIT] if commit else []))
    return [drawn[0] for drawn in rows[: len(draws)]]


def _statement(draw: Draw) -> Statement[Drawn]:
    # The row is locked before the clock is read: two that wait for it never fill the same second twice.
    return Statement(
        row=Drawn,
        sql="""
        INSERT INTO rate AS held (subject, act, tokens, granted, refilled_at)
        VALUES (%(subject)s, %(act)s, %(quota)s::integer - %(want)s::integer, %(want)s::integer, clock_timestamp())
        ON CONFLICT (subject, act) DO UPDATE
           SET (tokens, granted, refilled_at) = (
               SELECT filled.tokens - least(%(want)s::integer, floor(filled.tokens)),
                      least(%(want)s::integer, floor(filled.tokens))::integer,
                      filled.at
                 FROM (SELECT clock.at,
                              least(%(quota)s::double precision,
                                    held.tokens
                                    + greatest(0, extract(epoch FROM clock.at - held.refilled_at)::double precision)
                                      * %(quota)s::integer / %(seconds)s::integer) AS tokens
                         FROM (SELECT clock_timestamp() AS at OFFSET 0) AS clock
                       OFFSET 0) AS filled
               )
        RETURNING granted, tokens
        """,
        parameters={
            "subject": draw.subject,
            "act": draw.act,
            "want": draw.want,
            "quota": draw.quota,
            "seconds": draw.seconds,
        },
    )
