"""The rules of incidents: who may push them. Two may tell of one thing; nothing of them stands once."""

from server.access import Permission
from server.batches.kinds import KindRules

INCIDENTS = KindRules(kind="incident", schema="incident/1", permission=Permission.PUSH_INCIDENT)
