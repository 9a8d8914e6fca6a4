"""The one table of conditional rules, by the object that they are about, and what each signal type demands."""

from dataclasses import dataclass

from schemas.rules import (
    AtLeast,
    Contains,
    Either,
    Has,
    Is,
    IsNull,
    Matches,
    Not,
    Ordered,
    Rule,
    Sized,
    Unlike,
    Within,
)

_DAY_SECONDS = 86_400


@dataclass(frozen=True, kw_only=True)
class SignalForm:
    """What a signal type demands: the form of `value`, values that are refused, and which members go with it."""

    value: str
    degenerate: tuple[str, ...]
    is_perceptual: bool = False
    least_quality: int | None = None
    is_large_print: bool = False
    is_base64: bool = False


def _hex(digits: int, *, prefix: str = "", empty: str | None = None) -> tuple[str, tuple[str, ...]]:
    degenerate = (prefix + "0" * digits, prefix + "f" * digits, *((empty,) if empty else ()))
    return f"{prefix}[0-9a-f]{{{digits}}}", degenerate


def _form(
    shape: tuple[str, tuple[str, ...]],
    *,
    is_perceptual: bool = False,
    least_quality: int | None = None,
    is_large_print: bool = False,
    is_base64: bool = False,
) -> SignalForm:
    value, degenerate = shape
    return SignalForm(
        value=value,
        degenerate=degenerate,
        is_perceptual=is_perceptual,
        least_quality=least_quality,
        is_large_print=is_large_print,
        is_base64=is_base64,
    )


# Digests of the empty input (RFC 1321, FIPS 180-4): what a broken pipeline hashes.
_EMPTY_MD5 = "d41d8cd98f00b204e9800998ecf8427e"
_EMPTY_SHA1 = "da39a3ee5e6b4b0d3255bfef95601890afd80709"
_EMPTY_SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
_EMPTY_SHA512 = (
    "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"
    "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e"
)

SIGNAL_FORMS: dict[str, SignalForm] = {
    "md5": _form(_hex(32, empty=_EMPTY_MD5)),
    "sha1": _form(_hex(40, empty=_EMPTY_SHA1)),
    "sha256": _form(_hex(64, empty=_EMPTY_SHA256)),
    "sha512": _form(_hex(128, empty=_EMPTY_SHA512)),
    # Below 50 PDQ's own authors advise against use.
    "pdq": _form(_hex(64), is_perceptual=True, least_quality=50),
    # 144 bytes fill 192 base64 characters without padding.
    "photodna": _form(("[A-Za-z0-9+/]{192}", ("A" * 192, "/" * 192)), is_perceptual=True, is_base64=True),
    "vpdq": _form(_hex(64, empty=_EMPTY_SHA256), is_perceptual=True, is_large_print=True),
    "tmk_pdqf": _form(_hex(64, empty=_EMPTY_SHA256), is_perceptual=True, is_large_print=True),
    "tlsh": _form(_hex(70, prefix="T1"), is_perceptual=True),
    "url_sha256": _form(_hex(64, empty=_EMPTY_SHA256)),
}


def _types(*, large: bool | None = None, perceptual: bool | None = None) -> tuple[str, ...]:
    return tuple(
        name
        for name, form in SIGNAL_FORMS.items()
        if large in (None, form.is_large_print) and perceptual in (None, form.is_perceptual)
    )


def _signal_rules() -> tuple[Rule, ...]:
    by_form: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for name, form in SIGNAL_FORMS.items():
        by_form.setdefault((form.value, form.degenerate), []).append(name)
    rules = [
        Rule(
            name=f"value_of_{names[0]}",
            when=(Is(("signal_type",), tuple(names)),),
            demand=Matches(("value",), value, degenerate),
            pointer=("value",),
            code="pattern",
        )
        for (value, degenerate), names in by_form.items()
    ]
    for name, form in SIGNAL_FORMS.items():
        if form.least_quality is not None:
            demand = AtLeast(("quality",), form.least_quality)
            is_type = Is(("signal_type",), (name,))
            rules.append(Rule(name=f"quality_of_{name}", when=(is_type,), demand=demand, pointer=("quality",)))
    return (
        *rules,
        Rule(
            name="print_bytes_of_large_prints",
            when=(Is(("signal_type",), _types(large=True)),),
            demand=Has(("print_bytes",)),
            pointer=("print_bytes",),
            code="required",
        ),
        Rule(
            name="print_bytes_of_large_prints_only",
            when=(Has(("print_bytes",)),),
            demand=Unlike(("signal_type",), _types(large=False)),
            pointer=("print_bytes",),
        ),
        Rule(
            name="match_advice_of_perceptual_types_only",
            when=(Has(("match_advice",)),),
            demand=Unlike(("signal_type",), _types(perceptual=False)),
            pointer=("match_advice",),
        ),
        Rule(
            name="first_seen_not_after_last_seen",
            when=(Has(("first_seen",)), Has(("last_seen",))),
            demand=Ordered("first_seen", "last_seen"),
            pointer=("last_seen",),
        ),
    )


_ENVELOPE = (
    Rule(
        name="replaces_from_revision_2",
        when=(AtLeast(("revision",), 2),),
        demand=Has(("replaces",)),
        pointer=("replaces",),
        code="required",
    ),
    Rule(
        name="replaces_nothing_in_revision_1",
        when=(Has(("replaces",)),),
        demand=AtLeast(("revision",), 2),
        pointer=("replaces",),
    ),
)

_SCHEME_VALUES = {
    "ncmec": "A1|A2|B1|B2",
    "iwf": "A|B|C|prohibited",
    "interpol": "baseline|nationally_illegal|not_illegal",
    "project_vic": "[0-5]",
    "ncii": "adult",
    "inhope_ucs": "[A-Za-z0-9][A-Za-z0-9._+-]{0,99}",
    "local": r"[a-z0-9][a-z0-9.-]{0,98}[a-z0-9]/[A-Za-z0-9][A-Za-z0-9._+-]{0,63}",
}

_CLASSIFICATION = (
    *(
        Rule(
            name=f"value_of_{scheme}",
            when=(Is(("scheme",), (scheme,)),),
            demand=Matches(("value",), pattern),
            pointer=("value",),
            code="not_one_of" if "[" not in pattern else "pattern",
        )
        for scheme, pattern in _SCHEME_VALUES.items()
    ),
    Rule(
        name="version_of_inhope_ucs",
        when=(Is(("scheme",), ("inhope_ucs",)),),
        demand=Has(("version",)),
        pointer=("version",),
        code="required",
    ),
    Rule(
        name="jurisdiction_of_project_vic",
        when=(Is(("scheme",), ("project_vic",)),),
        demand=Has(("jurisdiction",)),
        pointer=("jurisdiction",),
        code="required",
    ),
    Rule(
        name="jurisdiction_of_national_criteria",
        when=(Is(("scheme",), ("interpol",)), Is(("value",), ("nationally_illegal", "not_illegal"))),
        demand=Has(("jurisdiction",)),
        pointer=("jurisdiction",),
        code="required",
    ),
)

_AI = (
    Rule(
        name="confidence_with_detector",
        when=(Has(("confidence",)),),
        demand=Has(("detector",)),
        pointer=("detector",),
        code="required",
    ),
    Rule(
        name="detector_with_confidence",
        when=(Has(("detector",)),),
        demand=Has(("confidence",)),
        pointer=("confidence",),
        code="required",
    ),
)

_AI_INCIDENT = Is(("incident_type",), ("ai_csam_generated", "ai_prompt_abuse", "ai_model_misuse"))

_INCIDENT = tuple(
    Rule(name="_".join(("ai_incident", *path)), when=(_AI_INCIDENT,), demand=Has(path), pointer=path, code="required")
    for path in (("ai", "status"), ("ai", "kind"), ("safety_control",), ("counts", "files"))
)

_REASONED = ("disputed", "not_actionable", "outdated")

_OPINION = (
    Rule(
        name="reason_of_a_contrary_verdict",
        when=(Is(("verdict",), _REASONED),),
        demand=Has(("reason",)),
        pointer=("reason",),
        code="required",
    ),
    Rule(
        name="reason_of_a_contrary_verdict_only",
        when=(Has(("reason",)),),
        demand=Is(("verdict",), _REASONED),
        pointer=("reason",),
    ),
)

_AUDITORS = ("auditor", "federation_auditor")
_NOT_WITH_AUDITOR = ("operator", "administrator", "contributor")

_ROLES_APART = (
    Rule(
        name="auditor_apart",
        when=(Contains(("roles",), _AUDITORS),),
        demand=Not(Contains(("roles",), _NOT_WITH_AUDITOR)),
        pointer=("roles",),
    ),
    Rule(
        name="operator_apart",
        when=(Contains(("roles",), ("operator",)),),
        demand=Not(Contains(("roles",), ("contributor", "consumer"))),
        pointer=("roles",),
    ),
)

_EXCHANGE_KEY = Is(("use",), ("exchange",))
_KEY = (
    *_ROLES_APART,
    Rule(name="holder_of_an_exchange_key", when=(_EXCHANGE_KEY,), demand=Not(IsNull(("holder",))), pointer=("holder",)),
    Rule(
        name="holder_of_an_exchange_key_only",
        when=(Not(_EXCHANGE_KEY),),
        demand=IsNull(("holder",)),
        pointer=("holder",),
    ),
    Rule(
        name="roles_of_an_exchange_key_only",
        when=(Not(_EXCHANGE_KEY),),
        demand=Sized(("roles",), most=0),
        pointer=("roles",),
    ),
    Rule(name="from_before_until", demand=Ordered("from", "until", strictly=True), pointer=("until",)),
)

_FIRST = Not(AtLeast(("seq",), 2))
_CHAINED = (
    Rule(name="prev_of_the_first", when=(_FIRST,), demand=IsNull(("prev",)), pointer=("prev",)),
    Rule(name="prev_of_a_later_one", when=(AtLeast(("seq",), 2),), demand=Not(IsNull(("prev",))), pointer=("prev",)),
)


def _lifetime(days: int) -> Rule:
    return Rule(name="lifetime", demand=Within("iat", "exp", days * _DAY_SECONDS), pointer=("exp",))


_OPEN = Is(("tlp",), ("CLEAR", "GREEN"))
_AUDIENCE = (
    Rule(
        name="red_is_for_persons",
        demand=Unlike(("tlp",), ("RED",)),
        pointer=("tlp",),
        code="red_is_for_persons",
    ),
    Rule(name="open_to_all_names_nobody", when=(_OPEN,), demand=Sized(("groups",), most=0), pointer=("groups",)),
    Rule(
        name="open_to_all_names_no_organisation",
        when=(_OPEN,),
        demand=Sized(("organisations",), most=0),
        pointer=("organisations",),
    ),
    Rule(
        name="amber_names_somebody",
        when=(Is(("tlp",), ("AMBER", "AMBER+STRICT")),),
        demand=Either((Sized(("groups",), least=1), Sized(("organisations",), least=1))),
        pointer=("organisations",),
    ),
)

_GROUP_BATCH = Is(("kind",), ("group",))
_MANIFEST = (
    *(
        Rule(
            name=f"schema_of_{kind}",
            when=(Is(("kind",), (kind,)),),
            demand=Matches(("schema",), f"{kind}/[1-9][0-9]{{0,3}}"),
            pointer=("schema",),
        )
        for kind in ("signal", "incident", "opinion", "group")
    ),
    Rule(
        name="about_in_opinions",
        when=(Is(("kind",), ("opinion",)),),
        demand=Not(IsNull(("about",))),
        pointer=("about",),
    ),
    Rule(
        name="about_in_opinions_only",
        when=(Not(Is(("kind",), ("opinion",))),),
        demand=IsNull(("about",)),
        pointer=("about",),
    ),
    Rule(
        name="audience_of_a_group",
        when=(_GROUP_BATCH,),
        demand=Is(("audience", "tlp"), ("AMBER+STRICT",)),
        pointer=("audience", "tlp"),
    ),
    *(
        Rule(
            name=f"audience_of_a_group_{member}",
            when=(_GROUP_BATCH,),
            demand=Sized(("audience", member), least=least, most=least),
            pointer=("audience", member),
        )
        for member, least in (("groups", 1), ("organisations", 0), ("sectors", 0), ("purposes", 0))
    ),
)

RULES: dict[str, tuple[Rule, ...]] = {
    "signal": (*_ENVELOPE, *_signal_rules()),
    "incident": (*_ENVELOPE, *_INCIDENT),
    "opinion": (*_ENVELOPE, *_OPINION),
    "group": _ENVELOPE,
    "withdrawal": (),
    "classification": _CLASSIFICATION,
    "ai": _AI,
    "span": (Rule(name="from_not_after_to", demand=Ordered("from", "to"), pointer=("to",)),),
    "roles": _ROLES_APART,
    "key": _KEY,
    "statement": (*_CHAINED, _lifetime(400)),
    "approval": (_lifetime(7),),
    "invitation": (*_ROLES_APART, _lifetime(7)),
    "directory": (_lifetime(2),),
    "acceptance": _CHAINED,
    "audience": _AUDIENCE,
    "manifest": _MANIFEST,
}
"""The rules of each kind of object, by its name."""
