"""Read what a browser sends: cookies, fields, and where a request comes from. Nothing is guessed.

A page is asked for by a browser that anybody may send anywhere, so each request says whether our own page made it:
by `Origin`, by `Sec-Fetch-Site` where the browser sends it, by a cookie that other sites' requests do not carry, and by
a token that other sites cannot read.
"""

import re
from collections.abc import Sequence
from typing import Final
from urllib.parse import parse_qsl

from crypto.encoding import from_base64url
from crypto.refusals import NotVerified
from server.errors import BadQuery, HeadersTooLarge, MalformedBody, NotAuthenticated
from server.guard.arrivals import Environ, read_body
from server.settings import Settings
from server.web.endpoints import Body, Parameter
from server.web.languages import LANGUAGES, choose_language

SESSION_COOKIE: Final = "__Host-havre"
BROWSER_COOKIE: Final = "__Host-havre-browser"
FORM_FIELD: Final = "csrf"
LANGUAGE: Final = Parameter(
    name="lang", form=re.compile("|".join(LANGUAGES)), meaning="The language of the page's own words."
)

_FORM_TOKEN = Parameter(name=FORM_FIELD, form=re.compile(r"[A-Za-z0-9_-]{43}"), meaning="Against forged forms.")
_FORM = Body(media_type="application/x-www-form-urlencoded", limit_bytes=32 * 1024)
_FIELDS_AT_MOST = 40
_SECRET_BYTES = 32
_QUERY_BYTES = 4 * 1024
_HEADERS_BYTES = 8 * 1024
_OUR_OWN = frozenset({"same-origin", "none"})
# The console's own addresses, as a person may be sent back to one: a path of ours, never a host.
_OWN_ADDRESS = re.compile(r"/console(?:/[A-Za-z0-9._~-]+)*(?:\?[A-Za-z0-9._~%&=+:/-]*)?")


def cookie_of(environ: Environ, name: str) -> bytes | None:
    """Return the 32 bytes of our cookie `name`; None if there is none, more than one, or one of another form."""
    values = []
    for each in environ.get("HTTP_COOKIE", "").split(";"):
        key, _, value = each.strip().partition("=")
        if key == name:
            values.append(value)
    if len(values) != 1:
        return None
    try:
        return from_base64url(values[0], length=_SECRET_BYTES)
    except NotVerified:
        return None


def check_size(environ: Environ) -> None:
    """Refuse more header fields than a browser of ours needs.

    Raises:
        HeadersTooLarge: they are larger than 8 KiB together.
    """
    size = sum(len(name) + len(value) for name, value in environ.items() if name.startswith("HTTP_"))
    if size > _HEADERS_BYTES or len(environ.get("QUERY_STRING", "")) > _QUERY_BYTES:
        raise HeadersTooLarge


def check_origin(environ: Environ, settings: Settings) -> None:
    """Refuse a form that another site's page sent.

    Raises:
        NotAuthenticated: `foreign_origin`: the browser does not say that a page of ours sent it.
    """
    if environ.get("HTTP_ORIGIN") != settings.origin_url or not _is_our_own(environ):
        raise NotAuthenticated("foreign_origin")


def check_embedding(environ: Environ) -> None:
    """Refuse a page that another site asks for as a part of its own, instead of sending a person here.

    Raises:
        NotAuthenticated: `foreign_origin`.
    """
    if not _is_our_own(environ) and environ.get("HTTP_SEC_FETCH_MODE") != "navigate":
        raise NotAuthenticated("foreign_origin")


def comes_from_elsewhere(environ: Environ) -> bool:
    """Return whether a link of another site led here: then our cookies stayed behind."""
    return not _is_our_own(environ)


def read_query(environ: Environ, declared: Sequence[Parameter]) -> dict[str, str]:
    """Return the declared fields of the query that are present and not empty; `lang` is always declared.

    Raises:
        BadQuery: one is unknown, repeated or not of its form.
    """
    return _fields(environ.get("QUERY_STRING", ""), (*declared, LANGUAGE))


def read_form(environ: Environ, declared: Sequence[Parameter]) -> tuple[dict[str, str], str]:
    """Return the declared fields of a form that are present and not empty, and its token against forged forms.

    Raises:
        UnsupportedMediaType, BodyTooLarge, BodyTooSlow, MalformedBody: it is no form of ours.
    """
    # Browsers may say which character encoding they used; it is always the page's.
    media_type, _, charset = environ.get("CONTENT_TYPE", "").partition(";")
    if charset.strip().lower() in {"", "charset=utf-8"}:
        environ = {**environ, "CONTENT_TYPE": media_type.strip()}
    body = read_body(environ, _FORM)
    try:
        fields = _fields(body.decode("ascii"), (*declared, _FORM_TOKEN))
    except (BadQuery, UnicodeDecodeError) as error:
        raise MalformedBody from error
    return fields, fields.pop(FORM_FIELD, "")


def own_address(text: str | None, otherwise: str) -> str:
    """Return `text` if it is an address within this console, else `otherwise`: nobody is sent to another site."""
    return text if text is not None and _OWN_ADDRESS.fullmatch(text) else otherwise


def language_of(environ: Environ) -> str:
    """Return the language that the address asks for, if it is one of ours, else what the browser prefers."""
    asked = dict(parse_qsl(environ.get("QUERY_STRING", "")[:_QUERY_BYTES])).get(LANGUAGE.name)
    return choose_language(asked if asked in LANGUAGES else None, environ.get("HTTP_ACCEPT_LANGUAGE", ""))


def _is_our_own(environ: Environ) -> bool:
    # Old browsers do not send it; then the cookie's SameSite and the form's token remain.
    return environ.get("HTTP_SEC_FETCH_SITE", "none") in _OUR_OWN


def _fields(text: str, declared: Sequence[Parameter]) -> dict[str, str]:
    if not text:
        return {}
    forms = {parameter.name: parameter.form for parameter in declared}
    values: dict[str, str] = {}
    try:
        pairs = parse_qsl(
            text, keep_blank_values=True, strict_parsing=True, errors="strict", max_num_fields=_FIELDS_AT_MOST
        )
    except ValueError as error:
        raise BadQuery from error
    names = [name for name, _ in pairs]
    if len(set(names)) != len(names) or not set(names) <= set(forms):
        raise BadQuery
    for name, value in pairs:
        if value == "":
            continue
        if forms[name].fullmatch(value) is None:
            raise BadQuery
        values[name] = value
    return values
