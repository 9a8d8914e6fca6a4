"""Pages for people: the API, the vocabulary, a problem; what they load, what they allow, in which language."""

import re
from hashlib import sha256
from html.parser import HTMLParser

import pytest

from schemas.vocabulary import ENUMERATIONS
from server.web import carried, pages, people
from server.web.languages import choose_language
from tests.conftest import a_database
from tests.partners import a_node

PATHS = ["/docs", "/docs/vocabulary", "/problems/busy"]
BROWSER = "text/html,application/xhtml+xml,*/*;q=0.8"


class Reader(HTMLParser):
    """What stands in a page: elements with their attributes, and what lies within scripts and styles."""

    def __init__(self):
        super().__init__()
        self.elements = []
        self.text = []
        self.inside = ""

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        self.inside = tag

    def handle_data(self, data):
        self.text.append((self.inside, data))


@pytest.fixture(scope="module")
def node(postgres, template):
    """One node for all: pages are only read."""
    with a_database(postgres, template) as database:
        running = a_node(database)
        yield running
        running.close()


def ask(node, path, **headers):
    client = node.app.test_client()
    return client.get(path, base_url=f"https://{node.settings.host}", headers={"Accept": BROWSER, **headers})


def read(page):
    reader = Reader()
    reader.feed(page.body_bytes.decode())
    return reader


ALL_PAGES = [
    page
    for language in ("en", "fr")
    for page in (people.api_page(language), people.vocabulary_page(language), people.problem_page("busy", language))
]


def policy_of(page):
    rules = (rule.strip().split(" ", 1) for rule in page.headers["Content-Security-Policy"].split(";"))
    return dict(rules)


@pytest.mark.parametrize("path", PATHS)
def test_a_browser_gets_a_page_unsigned(node, path):
    answer = ask(node, path)
    assert (answer.status_code, answer.mimetype) == (200, "text/html")
    assert "Signature" not in answer.headers
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("page", ALL_PAGES)
def test_a_page_may_load_what_its_node_serves_and_nothing_else(page):
    policy = policy_of(page)
    assert policy["default-src"] == "'none'"
    assert policy["base-uri"] == policy["form-action"] == policy["frame-ancestors"] == "'none'"
    assert set(policy.values()) == {"'none'", "'self'"}


def test_only_the_page_of_the_api_runs_scripts():
    assert [("script-src" in policy_of(page)) for page in ALL_PAGES] == [True, False, False] * 2


@pytest.mark.parametrize("page", ALL_PAGES)
def test_nothing_is_inline_in_a_page(page):
    reader = read(page)
    assert not [data for tag, data in reader.text if tag in {"script", "style"} and data.strip()]
    assert not [
        attrs for _, attrs in reader.elements if any(name == "style" or name.startswith("on") for name in attrs)
    ]
    assert all("src" in attrs for tag, attrs in reader.elements if tag == "script")


@pytest.mark.parametrize("page", ALL_PAGES)
def test_what_a_page_links_is_here(page):
    links = [attrs.get("href") or attrs.get("src", "") for _, attrs in read(page).elements]
    assert all(link.startswith(("/", "#")) and not link.startswith("//") for link in links if link)


@pytest.mark.parametrize("page", ALL_PAGES)
def test_a_page_has_one_headline_a_language_and_a_main_part(page):
    elements = read(page).elements
    tags = [tag for tag, _ in elements]
    assert (tags.count("h1"), tags.count("main")) == (1, 1)
    assert dict(elements)["html"]["lang"] == page.headers["Content-Language"]


@pytest.mark.parametrize("name", [*carried.SWAGGER, *carried.OWN])
def test_every_file_of_the_pages_is_served(node, name):
    answer = ask(node, f"/docs/files/{name}")
    assert answer.status_code == 200
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.mimetype == ("text/css" if name.endswith(".css") else "text/javascript")


@pytest.mark.parametrize("name", ["swagger-ui.js", "index.css", "..%2Fpage.html", "__init__.py", "page.html"])
def test_no_other_file_is_served(node, name):
    assert ask(node, f"/docs/files/{name}").status_code == 404


@pytest.mark.parametrize("name", carried.SWAGGER)
def test_the_files_of_the_installed_package_are_those_that_were_looked_at(name):
    found = carried.checked_file(name, carried.swagger_folder())
    assert found is not None
    assert sha256(found.body_bytes).hexdigest() == carried.SWAGGER[name].digest_hex


def test_the_version_written_down_is_that_of_the_files():
    bundle = carried.checked_file("swagger-ui-bundle.js", carried.swagger_folder())
    assert f'PACKAGE_VERSION:"{carried.SWAGGER_VERSION}"'.encode() in bundle.body_bytes


def test_a_changed_file_is_served_to_nobody_and_told(node, tmp_path, monkeypatch, capsys):
    genuine = (carried.swagger_folder() / "swagger-ui-bundle.js").read_bytes()
    (tmp_path / "swagger-ui-bundle.js").write_bytes(genuine + b"\nfetch('/stolen')")
    monkeypatch.setattr(carried, "swagger_folder", lambda: tmp_path)
    carried.file_named.cache_clear()
    try:
        assert ask(node, "/docs/files/swagger-ui-bundle.js").status_code == 404
    finally:
        carried.file_named.cache_clear()
    assert "page_file_not_as_pinned" in "".join(capsys.readouterr())


@pytest.mark.parametrize("folder", [None, "elsewhere"])
def test_without_the_package_there_is_no_file(tmp_path, folder):
    assert carried.checked_file("swagger-ui.css", folder and tmp_path / folder) is None


def test_nothing_can_be_sent_from_the_page_of_the_api():
    script = carried.file_named("havre.js").body_bytes.decode()
    assert "supportedSubmitMethods: []" in script
    assert "queryConfigEnabled: false" in script
    assert re.findall(r"https?://", script) == []


@pytest.mark.parametrize(
    ("asked", "header", "language"),
    [
        (None, "", "en"),
        (None, "fr-CA,fr;q=0.9,en;q=0.8", "fr"),
        (None, "de", "en"),
        (None, "en;q=0.2, fr;q=0.7", "fr"),
        (None, "\x00;;;q=x,,", "en"),
        ("en", "fr", "en"),
        ("fr", "en", "fr"),
    ],
)
def test_the_address_decides_the_language_before_the_browser(asked, header, language):
    assert choose_language(asked, header) == language


def test_a_page_comes_in_the_language_of_the_browser(node):
    assert 'lang="fr"' in ask(node, "/docs/vocabulary", **{"Accept-Language": "fr"}).text


@pytest.mark.parametrize("query", ["lang=xx", "lang=fr&lang=fr", "url=https://elsewhere.example", "lang=fr%00"])
def test_a_query_that_is_not_declared_is_refused_and_not_repeated(node, query):
    answer = ask(node, f"/docs?{query}")
    assert (answer.status_code, answer.get_json()["code"]) == (400, "bad_query")
    assert "elsewhere" not in answer.text


@pytest.mark.parametrize("name", list(ENUMERATIONS))
def test_every_value_is_on_the_page_of_the_vocabulary_in_both_languages(name):
    cells = [data for tag, data in read(people.vocabulary_page("en")).text if tag in {"code", "td"}]
    words = ENUMERATIONS[name].words
    assert all(text in cells for word in words for text in (word.value, word.en, word.fr))


def test_a_program_still_gets_a_problem_as_markdown(node):
    answer = ask(node, "/problems/busy", Accept="*/*")
    assert answer.mimetype == "text/markdown"
    assert answer.text == pages.problem_pages()["busy"]


@pytest.mark.parametrize("code", sorted(pages.problem_pages()))
def test_every_problem_has_a_page_for_people(code):
    assert f"<code>{code}</code>" in people.problem_page(code, "fr").body_bytes.decode()


def test_the_description_says_what_each_value_means(node):
    described = ask(node, "/openapi.json").get_json()["components"]["schemas"]
    members = described["signal_line"]["else"]["properties"]
    assert all(word.en in members["media"]["description"] for word in ENUMERATIONS["media"].words)
