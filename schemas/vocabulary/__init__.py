"""Every enumeration of the wire, each in one place.

Each value carries one sentence in English and one in French that says what it means and when **not** to use
it. Schemas, JSON Schema, the documentation's tables and pages for people all read from here.
"""

from schemas.vocabulary.ai import (
    AI_KIND,
    AI_STATUS,
    BASIS,
    DIGITAL_SOURCE_TYPE,
    SAFETY_CONTROL,
    SERVICE_KIND,
    YES_NO_UNKNOWN,
)
from schemas.vocabulary.documents import (
    ACT,
    MEMBER_STATUS,
    ORGANISATION_STATUS,
    PERSON_ROLE,
    PERSON_STATUS,
    REVOCATION_REASON,
    ROLE,
    SECTOR,
    USE,
)
from schemas.vocabulary.exchange import DECISION, ENDED_REASON, PENDING, PURPOSE, SHARING_PURPOSE, TLP
from schemas.vocabulary.incidents import (
    BUCKET,
    HANDLING,
    INCIDENT_STATE,
    INCIDENT_TYPE,
    PRECISION,
    REFERENCE_SYSTEM,
    SEVERITY,
)
from schemas.vocabulary.problems import PROBLEM_CODE
from schemas.vocabulary.records import KIND, RECORD_STATUS, WITHDRAWAL_REASON
from schemas.vocabulary.sharing import GROUP_ROLE, HISTORY, OPINION_REASON, REVIEWED_BY, VERDICT
from schemas.vocabulary.signals import ADVICE, ANNOTATION, ASSESSED_BY, MEDIA, ORIGIN_OF_REPORT, SCHEME, SIGNAL_TYPE
from schemas.vocabulary.word import Enumeration, Word

ENUMERATIONS: dict[str, Enumeration] = {
    one.name: one
    for one in (
        KIND,
        RECORD_STATUS,
        WITHDRAWAL_REASON,
        SIGNAL_TYPE,
        MEDIA,
        SCHEME,
        ASSESSED_BY,
        ANNOTATION,
        ORIGIN_OF_REPORT,
        ADVICE,
        AI_STATUS,
        AI_KIND,
        YES_NO_UNKNOWN,
        BASIS,
        DIGITAL_SOURCE_TYPE,
        INCIDENT_TYPE,
        INCIDENT_STATE,
        SEVERITY,
        PRECISION,
        SERVICE_KIND,
        BUCKET,
        SAFETY_CONTROL,
        REFERENCE_SYSTEM,
        HANDLING,
        VERDICT,
        OPINION_REASON,
        REVIEWED_BY,
        GROUP_ROLE,
        HISTORY,
        TLP,
        SECTOR,
        PURPOSE,
        SHARING_PURPOSE,
        USE,
        ROLE,
        PERSON_ROLE,
        PERSON_STATUS,
        REVOCATION_REASON,
        ACT,
        ORGANISATION_STATUS,
        MEMBER_STATUS,
        DECISION,
        ENDED_REASON,
        PENDING,
        PROBLEM_CODE,
    )
}
"""All enumerations by name, in the order of `docs/records.md`."""

__all__ = ["ENUMERATIONS", "Enumeration", "Word"]  # the enumerations themselves are imported by their names
