"""Write the pages for people: the API, the vocabulary, a problem; English and French, nothing inline.

A page may load what this node serves and nothing else. The API's page runs two scripts, ours and Swagger UI's; the
others run none. No page can be framed, sends a form, or has a style or script within it.
"""

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from schemas.vocabulary import ENUMERATIONS
from schemas.vocabulary.problems import PROBLEM_CODE
from server.errors import every_refusal
from server.web import pages
from server.web.exchange import Page
from server.web.languages import LANGUAGES

HTML = "text/html; charset=utf-8"

_READ_ONLY = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
_WITH_SCRIPT = f"{_READ_ONLY}; script-src 'self'; connect-src 'self'"

_WORDS: dict[str, dict[str, str]] = {
    "en": {
        "api": "The API",
        "vocabulary": "Vocabulary",
        "description": "OpenAPI description",
        "pages": "Pages",
        "languages": "Languages",
        "skip": "To the content",
        "api_intro": "Every endpoint of this node, its roles, purposes, answers and refusals. Requests are signed, so "
        "none can be sent from this page: use the havre command, the SDK, or a signer of your own.",
        "api_waits": "The description is being loaded. It needs JavaScript; without it, read",
        "vocabulary_intro": "Every enumeration of records, documents and answers. Each value has one sentence that "
        "says what it means and when not to use it.",
        "value": "value",
        "contents": "Enumerations",
    },
    "fr": {
        "api": "L'API",
        "vocabulary": "Vocabulaire",
        "description": "Description OpenAPI",
        "pages": "Pages",
        "languages": "Langues",
        "skip": "Au contenu",
        "api_intro": "Chaque point d'accès de ce nœud : rôles, finalités, réponses et refus. Les requêtes sont "
        "signées : aucune ne peut partir de cette page ; prenez la commande havre, le SDK ou votre propre signature. "
        "La description même est en anglais.",
        "api_waits": "La description se charge. Il lui faut JavaScript ; sans lui, lisez",
        "vocabulary_intro": "Chaque énumération des fiches, documents et réponses. Une phrase par valeur dit ce "
        "qu'elle signifie et quand ne pas l'employer.",
        "value": "valeur",
        "contents": "Énumérations",
    },
}


def api_page(language: str) -> Page:
    """Return the page on which Swagger UI shows the OpenAPI description."""
    return _page("api.html", language, path="/docs", policy=_WITH_SCRIPT)


def vocabulary_page(language: str) -> Page:
    """Return the page of all enumerations, each value in both languages."""
    return _page("vocabulary.html", language, path="/docs/vocabulary", enumerations=tuple(ENUMERATIONS.values()))


def problem_page(code: str, language: str) -> Page:
    """Return the page of a problem code that there is."""
    refusal = next(each for each in every_refusal() if each.code == code)
    word = next(each for each in PROBLEM_CODE.words if each.value == code)
    return _page(
        "problem.html",
        language,
        path=f"/problems/{code}",
        word=word,
        title=pages.title(refusal),
        headline=pages.headline(refusal),
        paragraphs=pages.paragraphs(refusal),
    )


def _page(template: str, language: str, *, path: str, policy: str = _READ_ONLY, **values: Any) -> Page:
    text = (
        _environment()
        .get_template(template)
        .render(language=language, languages=LANGUAGES, says=_WORDS[language], path=path, **values)
    )
    headers = {
        "Content-Security-Policy": policy,
        "Content-Language": language,
        "Vary": "Accept, Accept-Language",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
    return Page(body_bytes=text.encode(), media_type=HTML, headers=headers)


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
