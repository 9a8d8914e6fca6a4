"""Which pulled lines are shown: the filters of `Partner.records`, for lines that have just come.

Withdrawals are shown whatever is asked of a record's content: who has the record must hear that it is gone.
"""

from collections.abc import Iterable
from typing import Any

import orjson

from client.pulled import PulledLine
from client.state.live import Selection


def narrowed(lines: Iterable[PulledLine], selection: Selection) -> list[PulledLine]:
    """Return the lines of a selection."""
    return [one for one in lines if _are_terms(one, selection) and _is_content(one, selection)]


def _are_terms(line: PulledLine, asked: Selection) -> bool:
    audience = line.manifest.audience
    return (
        asked.kind in {None, line.manifest.kind}
        and asked.origin in {None, line.origin}
        and asked.about in {None, line.manifest.about}
        and asked.tlp in {None, audience.tlp}
        and (asked.group is None or asked.group in audience.groups)
        and (asked.organisation is None or asked.organisation in audience.organisations)
        and (asked.purpose is None or not audience.purposes or asked.purpose in audience.purposes)
    )


def _is_content(line: PulledLine, asked: Selection) -> bool:
    wanted = (asked.signal_type, asked.value, asked.ai_status, asked.ai_kind, asked.scheme, asked.classification)
    if all(one is None for one in wanted):
        return True
    value = orjson.loads(line.line)
    if value["status"] == "withdrawn":
        return True
    said = value.get("ai", {})
    return (
        asked.signal_type in {None, value.get("signal_type")}
        and asked.value in {None, value.get("value")}
        and asked.ai_status in {None, said.get("status")}
        and asked.ai_kind in {None, said.get("kind")}
        and _is_classified(value.get("classifications", []), asked)
    )


def _is_classified(classifications: list[dict[str, Any]], asked: Selection) -> bool:
    if asked.scheme is None and asked.classification is None:
        return True
    return any(
        asked.scheme in {None, one["scheme"]} and asked.classification in {None, one["value"]}
        for one in classifications
    )
