"""Screen texts for what must never travel: personal data, media, clear URLs.

Form is checked elsewhere; this looks into the few members that hold text of somebody's own choice. It is a net, not
a proof: names of people cannot be found by a pattern. The home node screens what it takes and the SDK what it sends;
nobody screens downstream, so it may grow stricter without opening holes there.

Before the patterns a text is folded: compatibility forms (NFKC), invisible characters dropped, digits of any script
made ASCII, `[.]` and `(at)` undone.

- A problem says where and which of three codes: `personal_data`, `media`, `clear_url`. Never the value.
- `suspicious` is true of every canonical line in which `screen` finds something: it asks only whether the line has
  any of the screened members. Hash values, ids, salts and words of enumerations are never looked into: one honest
  hash in 65,536 begins like a picture.
- Two allowances against false alarms: four-part numbers in `version` and `claim_generator` are not taken for
  addresses, nor plain digits in `reference` for a telephone.
"""

import base64
import binascii
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from ipaddress import ip_address
from itertools import groupby
from typing import Any

from schemas.bulk import Problem

_TOKENS = frozenset(
    {"version", "reference", "family", "model", "provider", "claim_generator", "soft_binding_alg", "name"}
)
_FREE_TEXTS = frozenset({"summary", "purpose_text"})
_OPEN_SCHEMES = ("inhope_ucs", "local")
_SCHEME_MEMBERS = tuple(f'scheme":"{scheme}' for scheme in _OPEN_SCHEMES)


def _any_of(words: Iterable[str]) -> str:
    # By first letter, so that the search tries one branch at each quotation mark.
    letters = groupby(sorted(words), key=lambda word: word[0])
    return "|".join(f"{letter}(?:{'|'.join(word[1:] for word in group)})" for letter, group in letters)


_find_screened = re.compile(f'"(?:{_any_of([*_TOKENS, *_FREE_TEXTS, *_SCHEME_MEMBERS])})"'.encode()).search

# Short words and short versions: nothing that is looked for fits into them.
_PLAIN_TOKEN = re.compile(r"[A-Za-z][A-Za-z_-]{0,14}|[0-9]{1,3}(?:\.[0-9]{1,3}){0,2}")
_DOT = re.compile(r"\s?[\[({]\s?(?:\.|dot|point)\s?[\])}]\s?", re.IGNORECASE)
_AT = re.compile(r"\s?[\[({]\s?(?:@|at|arobase)\s?[\])}]\s?", re.IGNORECASE)
_DATE = re.compile(r"\b(?:19|20|21)[0-9]{2}-[01][0-9]-[0-3][0-9]\b")

# What is looked for is found from one place of a run alone: a text that repeats itself costs no more than another.
_URL = re.compile(
    r"(?<![a-z0-9+.-])[0-9+.-]*+[a-z][a-z0-9+.-]*+://|\bhxxps?\b|\bwww\.|\.onion\b|\bmagnet:\?|"
    r"[a-z0-9-]\.[a-z]{2,}+(?::[0-9]++)?/\S",
    re.IGNORECASE,
)
_BARE_DOMAIN = re.compile(
    r"[a-z0-9-]\.(?:com|net|org|info|biz|io|co|me|to|xyz|top|site|online|link|cc|tv|ru|su|cn|uk|de|fr|eu|us)\b",
    re.IGNORECASE,
)

_PHONE = re.compile(r"\+\s?[0-9](?:[\s().-]{0,2}[0-9]){6,14}|(?<![\w.])0[1-9](?:[\s.-]?[0-9]{2}){4}(?![\w.])")
_DIGITS_FOR_PEOPLE = re.compile(r"(?<![\w.])(?:[0-9][\s().-]{0,2}){8,14}[0-9](?![\w.])")
_ONLY_DIGITS = re.compile(r"[0-9]+")
_OCTET = "(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])"
_IPV4 = re.compile(rf"(?<![0-9.]){_OCTET}(?:\.{_OCTET}){{3}}(?![0-9]|\.[0-9])")
_IPV6 = re.compile(r"(?<![0-9a-fA-F:])[0-9a-fA-F:]*:[0-9a-fA-F:]*:[0-9a-fA-F:.]*")
_MAC = re.compile(r"(?<![0-9a-f])[0-9a-f]{2}(?:[:-][0-9a-f]{2}){5}(?![0-9a-f])", re.IGNORECASE)
_COORDINATES = re.compile(
    r"(?<![0-9.])-?[0-9]{1,3}\.[0-9]{4,}\s?[,;/_ +-]\s?-?[0-9]{1,3}\.[0-9]{4,}|[0-9]{1,3}\s?°\s?[0-9]"
)
_BIRTH = re.compile(r"\b(?:born|dob|d\.o\.b|birth\w*|née?\s+le|naissance)\W+(?:\w+\W+){0,3}?[0-9]", re.IGNORECASE)
_CARD = re.compile(r"(?<![0-9])[2-6][0-9](?:[ -]?[0-9]){11,17}(?![0-9])")
_IBAN = re.compile(r"(?<![A-Z0-9])[A-Z]{2}[0-9]{2}(?:[ -]?[A-Z0-9]){11,30}", re.IGNORECASE)
# Lengths of the SWIFT IBAN registry, by country.
_IBAN_LENGTHS = {
    country: int(length)
    for country, length in re.findall(
        "([A-Z]{2})([0-9]{2})",
        "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DK18 DO28 EE20 EG29 ES24 FI18 "
        "FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 "
        "LU20 LV21 LY25 MC27 MD24 ME22 MK19 MR27 MT31 MU30 NL18 NO15 PK24 PL28 PS29 PT25 QA29 RO24 RS22 SA24 SC31 SE24 "
        "SI19 SK24 SM27 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20",
    )
}

_DATA_URI = re.compile(r"\bdata\s?:\s?[a-z]*\s?[/;,]", re.IGNORECASE)
_ENCODED = re.compile(r"[A-Za-z0-9+/_-]{16,}")
_LONGEST_ENCODED = 80  # no word of any language
_HEX = re.compile(r"(?:[0-9a-fA-F]{2}){8,}")
_MAGIC = (
    b"\xff\xd8\xff",  # JPEG
    b"\x89PNG",
    b"GIF8",
    b"RIFF",  # WebP, AVI, WAV
    b"II*\x00",  # TIFF
    b"MM\x00*",
    b"\x00\x00\x00\x0cJXL ",
    b"\x1aE\xdf\xa3",  # Matroska, WebM
    b"FLV\x01",
    b"\x00\x00\x01\xba",  # MPEG
    b"\x00\x00\x01\xb3",
    b"OggS",
    b"ID3",
    b"%PDF",
    b"PK\x03\x04",
    b"Rar!\x1a\x07",
    b"7z\xbc\xaf\x27\x1c",
    b"\x1f\x8b\x08",  # gzip
    b"\xfd7zXZ\x00",
    b"BZh",
)
_FTYP = b"ftyp"  # MP4, HEIC and AVIF, from the fifth byte


def suspicious(line: bytes) -> bool:
    """Return whether a canonical line has any member that `screen` looks into."""
    return _find_screened(line) is not None


def screen(kind: str, value: Mapping[str, Any]) -> list[Problem]:
    """Return where a record of `kind` holds what must not travel, each place and code once, never the value."""
    return [
        Problem(pointer=pointer, code=code)
        for pointer, name, text in _texts(value, "")
        for code in _codes(name, text, is_free=name in _FREE_TEXTS or (kind == "group" and name == "name"))
    ]


def _texts(value: Any, pointer: str) -> Iterator[tuple[str, str, str]]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            if isinstance(inner, str):
                if name in _TOKENS or name in _FREE_TEXTS:
                    yield f"{pointer}/{name}", name, inner
                elif name == "value" and value.get("scheme") in _OPEN_SCHEMES:
                    # `local` values begin with their organisation, which is no clear URL.
                    yield f"{pointer}/{name}", name, inner.partition("/")[2] or inner
            elif isinstance(inner, Mapping | list):
                yield from _texts(inner, f"{pointer}/{name}")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _texts(inner, f"{pointer}/{index}")


def _codes(name: str, text: str, *, is_free: bool) -> Iterator[str]:
    if not is_free and _PLAIN_TOKEN.fullmatch(text):
        return
    folded = _folded(text)
    if _is_personal(name, folded, is_free=is_free):
        yield "personal_data"
    if _is_media(folded):
        yield "media"
    if _URL.search(folded) or (is_free and _BARE_DOMAIN.search(folded)):
        yield "clear_url"


def _folded(text: str) -> str:
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
        text = "".join(_ascii_digit(one) for one in text if unicodedata.category(one) != "Cf")
    return _AT.sub("@", _DOT.sub(".", text))


def _ascii_digit(character: str) -> str:
    digit = unicodedata.decimal(character, None)
    return character if digit is None else str(digit)


def _is_personal(name: str, text: str, *, is_free: bool) -> bool:
    if "@" in text or _MAC.search(text) or _COORDINATES.search(text) or _BIRTH.search(text):
        return True
    if name not in ("version", "claim_generator") and _IPV4.search(text):
        return True
    undated = _DATE.sub("", text)
    is_number = name == "reference" and _ONLY_DIGITS.fullmatch(text)
    if not is_number and (_PHONE.search(undated) or (is_free and _DIGITS_FOR_PEOPLE.search(undated))):
        return True
    return _has_ipv6(text) or _has_iban(text) or any(_luhn(found) for found in _CARD.findall(undated))


def _has_ipv6(text: str) -> bool:
    for found in _IPV6.findall(text):
        try:
            ip_address(found.strip(".").removesuffix(":") if not found.endswith("::") else found)
        except ValueError:
            continue
        return True
    return False


def _has_iban(text: str) -> bool:
    for found in _IBAN.findall(text):
        compact = re.sub("[ -]", "", found).upper()
        candidate = compact[: _IBAN_LENGTHS.get(compact[:2], 0)]
        # ISO 13616: letters count from ten, the first four characters move to the end, the rest of 97 is 1.
        if candidate and int("".join(str(int(one, 36)) for one in candidate[4:] + candidate[:4])) % 97 == 1:
            return True
    return False


def _luhn(found: str) -> bool:
    digits = [int(one) for one in found if one.isdigit()]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def _is_media(text: str) -> bool:
    if _DATA_URI.search(text):
        return True
    for run in _ENCODED.findall(text):
        if len(run) >= _LONGEST_ENCODED or _has_magic(_decoded(run)):
            return True
    return any(_has_magic(bytes.fromhex(run[:32])) for run in _HEX.findall(text))


def _decoded(run: str) -> bytes:
    try:
        return base64.b64decode(run[:16].replace("-", "+").replace("_", "/"), validate=True)
    except binascii.Error:
        return b""


def _has_magic(start: bytes) -> bool:
    return start.startswith(_MAGIC) or start[4:8] == _FTYP
