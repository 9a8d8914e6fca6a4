"""Read a query string by the endpoint's declaration: unknown, repeated or misshapen parameters are refused."""

from collections.abc import Sequence
from urllib.parse import parse_qsl

from server.errors import BadQuery
from server.web.endpoints import Parameter

_PARAMETERS_AT_MOST = 16


def read_query(text: str, declared: Sequence[Parameter]) -> dict[str, str]:
    """Return the parameters that are present, each of its declared form.

    Raises:
        BadQuery: one is unknown, repeated, empty, or not of its form.
    """
    if not text:
        return {}
    forms = {parameter.name: parameter.form for parameter in declared}
    values: dict[str, str] = {}
    try:
        pairs = parse_qsl(
            text, keep_blank_values=True, strict_parsing=True, errors="strict", max_num_fields=_PARAMETERS_AT_MOST
        )
    except ValueError as error:
        raise BadQuery from error
    for name, value in pairs:
        if name not in forms or name in values or forms[name].fullmatch(value) is None:
            raise BadQuery
        values[name] = value
    return values
