"""Say who may do what: one enumeration of permissions, one table of the roles and purposes that each allows.

Roles come from a key's statement, limited by the organisation's admission. A purpose is declared and entered in the
log; it is not proven. A permission that is not in the table cannot be used.
"""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a key may be trusted with."""

    CONTRIBUTOR = "contributor"
    CONSUMER = "consumer"
    ADMINISTRATOR = "administrator"
    # Before the auditor of one organisation: who is both sees all.
    FEDERATION_AUDITOR = "federation_auditor"
    AUDITOR = "auditor"
    OPERATOR = "operator"
    RELAY = "relay"


class Purpose(StrEnum):
    """Why a caller says that it acts."""

    CONTRIBUTION = "contribution"
    DETECTION = "detection"
    INVESTIGATION = "investigation"
    VICTIM_IDENTIFICATION = "victim_identification"
    STATISTICS = "statistics"
    MODEL_SAFETY = "model_safety"
    RELAY = "relay"
    ADMINISTRATION = "administration"
    AUDIT = "audit"


class Permission(StrEnum):
    """An act that an endpoint allows; the `action` of its log entries."""

    PUSH_BATCH = "push_batch"
    PUSH_SIGNAL = "push_signal"
    PUSH_INCIDENT = "push_incident"
    PUSH_GROUP = "push_group"
    PUSH_OPINION = "push_opinion"
    READ_FEED = "read_feed"
    READ_RECORD = "read_record"
    READ_OPINIONS = "read_opinions"
    READ_STREAMS = "read_streams"
    CHANGE_STATEMENT = "change_statement"
    APPLY = "apply"
    READ_APPLICATION = "read_application"
    APPROVE = "approve"
    READ_OWN_ENTRY = "read_own_entry"
    READ_WHOAMI = "read_whoami"
    READ_ORGANISATION = "read_organisation"
    READ_PROOF = "read_proof"
    READ_TRAIL = "read_trail"
    READ_EXPOSURE = "read_exposure"
    EXPORT_TRAIL = "export_trail"
    INVITE_PERSON = "invite_person"
    READ_PEOPLE = "read_people"
    END_PERSON = "end_person"
    READ_CONSOLE = "read_console"
    KEEP_PASSKEYS = "keep_passkeys"
    CONFIRM_SIGN_IN = "confirm_sign_in"
    SIGN_OUT = "sign_out"


@dataclass(frozen=True, kw_only=True)
class Allowance:
    """Which roles (one suffices) and which purposes a permission wants.

    `own_role` lets a caller with that role act on its own records only; the endpoint narrows what it shows.
    `role_by_content` leaves the role to the rule behind the endpoint: what a push needs depends on what is pushed.
    """

    roles: frozenset[Role]
    purposes: frozenset[Purpose]
    own_role: Role | None = None
    while_suspended: bool = False
    role_by_content: bool = False


_EVERY_ROLE = frozenset(Role)
_EVERY_PURPOSE = frozenset(Purpose)
SHARING_PURPOSES = frozenset(
    {Purpose.DETECTION, Purpose.INVESTIGATION, Purpose.VICTIM_IDENTIFICATION, Purpose.STATISTICS, Purpose.MODEL_SAFETY}
)
_CONTRIBUTION = frozenset({Purpose.CONTRIBUTION})
_ADMINISTRATION = frozenset({Purpose.ADMINISTRATION})
_CONTRIBUTOR = frozenset({Role.CONTRIBUTOR})
_CONSUMER = frozenset({Role.CONSUMER})
_ADMINISTRATOR = frozenset({Role.ADMINISTRATOR})
_AUDIT = frozenset({Purpose.AUDIT})
_AUDITORS = frozenset({Role.AUDITOR, Role.FEDERATION_AUDITOR})
# The roles that a person has at the console.
PERSONS_ROLES = _AUDITORS | _ADMINISTRATOR
_AT_CONSOLE = frozenset({Purpose.AUDIT, Purpose.ADMINISTRATION})

ALLOWANCES: dict[Permission, Allowance] = {
    # A withdrawal is taken from its origin whatever role it has lost: a list must be mendable.
    Permission.PUSH_BATCH: Allowance(roles=_CONTRIBUTOR | _CONSUMER, purposes=_CONTRIBUTION, role_by_content=True),
    Permission.PUSH_SIGNAL: Allowance(roles=_CONTRIBUTOR, purposes=_CONTRIBUTION),
    Permission.PUSH_INCIDENT: Allowance(roles=_CONTRIBUTOR, purposes=_CONTRIBUTION),
    Permission.PUSH_GROUP: Allowance(roles=_CONTRIBUTOR, purposes=_CONTRIBUTION),
    Permission.PUSH_OPINION: Allowance(roles=_CONTRIBUTOR | _CONSUMER, purposes=_CONTRIBUTION),
    Permission.READ_FEED: Allowance(roles=_CONSUMER, purposes=SHARING_PURPOSES, own_role=Role.CONTRIBUTOR),
    Permission.READ_RECORD: Allowance(roles=_CONSUMER, purposes=SHARING_PURPOSES, own_role=Role.CONTRIBUTOR),
    Permission.READ_OPINIONS: Allowance(roles=_CONSUMER, purposes=SHARING_PURPOSES, own_role=Role.CONTRIBUTOR),
    Permission.READ_STREAMS: Allowance(roles=_CONSUMER, purposes=SHARING_PURPOSES, own_role=Role.CONTRIBUTOR),
    Permission.CHANGE_STATEMENT: Allowance(roles=_ADMINISTRATOR, purposes=_ADMINISTRATION, while_suspended=True),
    Permission.APPLY: Allowance(roles=_EVERY_ROLE, purposes=_ADMINISTRATION),
    Permission.READ_APPLICATION: Allowance(roles=_EVERY_ROLE, purposes=_ADMINISTRATION, while_suspended=True),
    Permission.APPROVE: Allowance(roles=frozenset({Role.OPERATOR}), purposes=_ADMINISTRATION),
    Permission.READ_OWN_ENTRY: Allowance(roles=_EVERY_ROLE, purposes=_EVERY_PURPOSE),
    Permission.READ_WHOAMI: Allowance(roles=_EVERY_ROLE, purposes=_EVERY_PURPOSE, while_suspended=True),
    Permission.READ_ORGANISATION: Allowance(roles=_EVERY_ROLE, purposes=_EVERY_PURPOSE),
    Permission.READ_PROOF: Allowance(roles=_AUDITORS, purposes=_AUDIT),
    Permission.READ_TRAIL: Allowance(roles=_AUDITORS, purposes=_AUDIT),
    Permission.READ_EXPOSURE: Allowance(roles=_AUDITORS, purposes=_AUDIT),
    Permission.EXPORT_TRAIL: Allowance(roles=_AUDITORS, purposes=_AUDIT),
    Permission.INVITE_PERSON: Allowance(roles=_ADMINISTRATOR, purposes=_ADMINISTRATION),
    Permission.READ_PEOPLE: Allowance(roles=_ADMINISTRATOR, purposes=_ADMINISTRATION),
    Permission.END_PERSON: Allowance(roles=_ADMINISTRATOR, purposes=_ADMINISTRATION),
    Permission.READ_CONSOLE: Allowance(roles=PERSONS_ROLES, purposes=_AT_CONSOLE),
    Permission.KEEP_PASSKEYS: Allowance(roles=PERSONS_ROLES, purposes=_AT_CONSOLE),
    Permission.CONFIRM_SIGN_IN: Allowance(roles=PERSONS_ROLES, purposes=_AT_CONSOLE),
    Permission.SIGN_OUT: Allowance(roles=PERSONS_ROLES, purposes=_AT_CONSOLE),
}

PUSH_PERMISSIONS: dict[str, Permission] = {
    "signal": Permission.PUSH_SIGNAL,
    "incident": Permission.PUSH_INCIDENT,
    "group": Permission.PUSH_GROUP,
    "opinion": Permission.PUSH_OPINION,
}

# Roles that no statement gives by itself: only an admission by two operators, or the node's own organisation.
GRANTED_ROLES = frozenset({Role.OPERATOR, Role.RELAY, Role.FEDERATION_AUDITOR})

# Never in one key or holder: whoever acts is not who checks, whoever admits does not share.
SEPARATED_ROLES: tuple[tuple[frozenset[Role], frozenset[Role]], ...] = (
    (
        frozenset({Role.AUDITOR, Role.FEDERATION_AUDITOR}),
        frozenset({Role.OPERATOR, Role.ADMINISTRATOR, Role.CONTRIBUTOR}),
    ),
    (frozenset({Role.OPERATOR}), frozenset({Role.CONTRIBUTOR, Role.CONSUMER})),
)


def role_for(permission: Permission, roles: frozenset[str]) -> Role | None:
    """Return the role in `roles` that allows `permission`, the most fitting first, or None."""
    allowance = ALLOWANCES[permission]
    for role in Role:
        if role in allowance.roles and role in roles:
            return role
    if allowance.own_role is not None and allowance.own_role in roles:
        return allowance.own_role
    return None


def sees_only_its_own(permission: Permission, role: Role) -> bool:
    """Return whether `role` may use `permission` for its own organisation's records alone."""
    return role not in ALLOWANCES[permission].roles


def are_separated(roles: frozenset[str]) -> bool:
    """Return whether one person may hold all of `roles`."""
    return not any(roles & left and roles & right for left, right in SEPARATED_ROLES)
