"""Every page of the console in both languages: nothing inline, everything escaped, labelled, and in its place."""

import itertools
import re
from html.parser import HTMLParser

import pytest

from server.console.rendering import PLACES, Frame, render_page
from server.console.words import SECTIONS, says
from server.console.words.entry import MEMBERS
from server.console.words.labels import LABELS
from tests.console import samples

LANGUAGES = ("en", "fr")
EVERY_PAGE = [(language, *page) for language in LANGUAGES for page in samples.PAGES]
NAMES = [
    f"{language}-{page[0].removesuffix('.html')}-{place}"
    for language in LANGUAGES
    for place, page in enumerate(samples.PAGES)
]
of_every_page = pytest.mark.parametrize(("language", "template", "page", "person", "path"), EVERY_PAGE, ids=NAMES)
VOID = {"meta", "link", "input", "br", "line", "rect", "img"}


class Reader(HTMLParser):
    """What stands in a page: elements with attributes in order, whether they close, and the text."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.elements, self.open, self.text, self.ids = [], [], [], []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        self.ids += [value for name, value in attrs if name == "id"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append((self.open[-1] if self.open else "", data))

    def all(self, *tags):
        return [attrs for tag, attrs in self.elements if tag in tags]


def rendered(language, template, page, person, path, **query):
    frame = Frame(
        language=language,
        node="node.example",
        path=path,
        query=query,
        person=person,
        csrf_token="a-token",
        now=samples.AT,
    )
    return render_page(template, {"page": page}, frame).decode()


def read(text):
    reader = Reader()
    reader.feed(text)
    reader.close()
    assert reader.open == []
    return reader


@of_every_page
def test_a_page_has_one_headline_one_main_part_and_its_language(language, template, page, person, path):
    reader = read(rendered(language, template, page, person, path))
    assert len(reader.all("h1")) == len(reader.all("main")) == 1
    assert reader.all("html")[0]["lang"] == language
    assert len(reader.ids) == len(set(reader.ids))


@of_every_page
def test_headings_leave_out_no_level(language, template, page, person, path):
    levels = [
        int(tag[1])
        for tag, _ in read(rendered(language, template, page, person, path)).elements
        if re.fullmatch("h[1-6]", tag)
    ]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


@of_every_page
def test_nothing_is_inline(language, template, page, person, path):
    reader = read(rendered(language, template, page, person, path))
    assert reader.all("style") == []
    assert all(attrs.get("src", "").startswith("/console/files/") for attrs in reader.all("script"))
    assert not [data for tag, data in reader.text if tag == "script" and data.strip()]
    assert not [name for _, attrs in reader.elements for name in attrs if name == "style" or name.startswith("on")]


@of_every_page
def test_every_field_is_labelled_and_every_region_is_named(language, template, page, person, path):
    reader = read(rendered(language, template, page, person, path))
    labelled = {attrs["for"] for attrs in reader.all("label")}
    shown = [attrs for attrs in reader.all("input", "select", "textarea") if attrs.get("type") != "hidden"]
    assert {attrs["id"] for attrs in shown} == labelled
    assert all(attrs["aria-labelledby"] in reader.ids for _, attrs in reader.elements if "aria-labelledby" in attrs)
    assert all(attrs["aria-describedby"] in reader.ids for _, attrs in reader.elements if "aria-describedby" in attrs)


@of_every_page
def test_every_table_has_a_caption_and_its_heads_say_what_they_are_for(language, template, page, person, path):
    reader = read(rendered(language, template, page, person, path))
    assert len(reader.all("caption")) == len(reader.all("table"))
    assert all(attrs["scope"] in {"col", "row"} for attrs in reader.all("th"))
    assert not [data for tag, data in reader.text if tag == "caption" and not data.strip()]


@of_every_page
def test_whatever_somebody_sent_is_text_and_nothing_else(language, template, page, person, path):
    plain, hostile = (
        read(rendered(language, template, value, person, path)) for value in (page, samples.hostile(page))
    )
    assert {tag for tag, _ in hostile.elements} <= {tag for tag, _ in plain.elements}
    assert len(hostile.all("script")) == len(plain.all("script"))
    assert not [name for _, attrs in hostile.elements for name in attrs if name.startswith("on")]
    links = [attrs.get("href") or attrs.get("src") or attrs.get("action") or "" for _, attrs in hostile.elements]
    assert all(one.startswith(("/", "#")) and not one.startswith("//") for one in links if one)


@of_every_page
def test_every_time_says_that_it_is_utc(language, template, page, person, path):
    reader = read(rendered(language, template, page, person, path))
    moments = [data for tag, data in reader.text if tag == "time" and ":" in data]
    assert all(data.endswith("\u00a0UTC") for data in moments)
    assert "UTC" in "".join(data for _, data in reader.text)


@of_every_page
def test_a_chosen_language_stays_chosen(language, template, page, person, path):
    reader = read(rendered(language, template, page, person, path, lang="fr"))
    ours = [attrs["href"] for attrs in reader.all("a") if attrs["href"].startswith("/console")]
    assert all("lang=" in address for address in ours)


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.word)
def test_no_role_is_shown_the_way_to_a_place_of_another(place):
    for person in (samples.AUDITOR, samples.ADMINISTRATOR):
        text = rendered("en", "missing.html", None, person, "/console/elsewhere")
        assert (f'href="{place.path}"' in text) == bool(place.roles & person.roles)


def test_only_auditors_are_shown_the_search():
    assert 'action="/console/find"' in rendered("en", "missing.html", None, samples.AUDITOR, "/console")
    assert 'action="/console/find"' not in rendered("en", "missing.html", None, samples.ADMINISTRATOR, "/console")


def test_whoever_has_one_passkey_is_told_on_every_page():
    one = samples.person("auditor", passkeys=1)
    assert says("fr").second_passkey_add.replace("'", "&#39;") in rendered("fr", "missing.html", None, one, "/console")


def test_every_word_is_in_both_languages_and_stands_once():
    words = [word for section in SECTIONS for word in section.items()]
    assert len({name for name, _ in words}) == len(words)
    texts = (
        [both for _, both in words] + [both for kind in LABELS.values() for both in kind.values()] + [*MEMBERS.values()]
    )
    assert all(en.strip() and fr.strip() for en, fr in texts)


@pytest.mark.parametrize("name", [name for section in SECTIONS for name in section])
def test_what_is_filled_into_a_word_is_the_same_in_both_languages(name):
    filled = [set(re.findall(r"{(\w*)}", getattr(says(language), name))) for language in LANGUAGES]
    assert filled[0] == filled[1]


def test_french_says_one_word_for_one_thing():
    words = [fr for section in SECTIONS for _, fr in section.values()] + [
        fr for kind in LABELS.values() for _, fr in kind.values()
    ]
    # Of a checkpoint, an access trail, a step and what happened: each has one word, and no literary past.
    other = re.compile(r"tête signée|trace des accès|\b[Pp]as de la|\b[Cc]haque pas\b|\b(?:fut|furent)\b")
    assert [word for word in words if other.search(word)] == []
