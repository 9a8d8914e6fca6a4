"""What every record carries, how records are named, and withdrawals."""

from dataclasses import dataclass

from schemas.fields import (
    WireSchema,
    choice,
    digest,
    fixed,
    moment_text,
    organisation,
    record_id,
    salt16,
    sorted_set,
    whole,
)
from schemas.rulebook import RULES
from schemas.vocabulary.records import KIND, WITHDRAWAL_REASON

MAX_REVISION = 2_147_483_647
MAX_REPLACED = 64


class EnvelopeSchema(WireSchema):
    """The members that every record has; `salt` is 16 bytes, `replaces` the leaves of all earlier revisions."""

    id = record_id(required=True)
    revision = whole(1, MAX_REVISION, required=True)
    salt = salt16(required=True)
    status = fixed("active")
    # Only a withdrawal may list the 64th, so that a record can always be taken back.
    replaces = sorted_set(digest(), least=1, most=MAX_REPLACED - 1)


@dataclass(frozen=True, kw_only=True)
class RecordName:
    """The name of a record wherever one is named: ids of different origins never meet."""

    origin: str
    id: str


class RecordNameSchema(WireSchema):
    """`{origin, id}`."""

    loads_to = RecordName

    origin = organisation(required=True)
    id = record_id(required=True)


@dataclass(frozen=True, kw_only=True)
class Withdrawal:
    """The final revision of a record of any kind."""

    id: str
    kind: str
    revision: int
    salt: str
    status: str
    replaces: tuple[str, ...]
    reason: str
    withdrawn_at: str


class WithdrawalSchema(WireSchema):
    """Exactly these members, whatever the kind."""

    loads_to = Withdrawal
    rules = RULES["withdrawal"]

    id = record_id(required=True)
    kind = choice(KIND, required=True)
    revision = whole(2, MAX_REVISION, required=True)
    salt = salt16(required=True)
    status = fixed("withdrawn")
    replaces = sorted_set(digest(), least=1, most=MAX_REPLACED, required=True)
    reason = choice(WITHDRAWAL_REASON, required=True)
    withdrawn_at = moment_text(required=True)


def withdrawal_of(kind: str) -> type[WithdrawalSchema]:
    """Return the schema of a withdrawal whose `kind` is this one."""
    return type(f"{kind.title()}WithdrawalSchema", (WithdrawalSchema,), {"kind": fixed(kind)})
