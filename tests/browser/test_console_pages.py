"""Every page of the console in a real Chromium: axe finds nothing, nothing scrolls sideways, the browser verifies."""

import re
from collections.abc import Iterator

import pytest

from tests.browser.looking import Site, a_window, violations
from tests.conftest import a_database
from tests.console.conftest import HOTLINE, PLATFORM, bring_up, template  # noqa: F401 - the fixture of this module
from tests.console.past import live_through
from tests.console.paths import paths_of
from tests.console.people import a_visitor
from tests.console.serving import a_free_port, served
from tests.partners import TestNode, a_node


@pytest.fixture(scope="module")
def node(postgres, template) -> Iterator[TestNode]:  # noqa: F811 - the fixture above
    with a_database(postgres, template) as database:
        founded = a_node(database, origin_url=f"http://localhost:{a_free_port()}")
        live_through(founded, [HOTLINE, PLATFORM], days=5)
        bring_up(founded)
        yield founded
        founded.close()


@pytest.fixture(scope="module")
def site(node, chromium) -> Iterator[Site]:
    auditor = a_visitor(node, HOTLINE, "federation_auditor")
    with served(node) as origin:
        yield Site(
            chromium=chromium,
            origin=origin,
            auditor=auditor,
            administrator=a_visitor(node, HOTLINE, "administrator", passkeys=1),
            paths=paths_of(auditor),
        )


PAGES = (
    *("overview", "trail", "entry", "exposure", "received"),
    *("organisations", "organisation", "checkpoints", "export", "people"),
)


def test_axe_looks_and_finds(site):
    with a_window(site.chromium, site.origin) as page:
        page.set_content("<html><body><img src=''><p style='color:#ccc'>pale</p></body></html>")
        assert {one.partition(":")[0] for one in violations(page)} >= {"image-alt", "color-contrast", "html-has-lang"}


@pytest.mark.drill
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_in_english_by_day_and_in_french_by_night(site, name):
    for language, scheme in (("en", "light"), ("fr", "dark")):
        with site.window(name, language=language, color_scheme=scheme) as page:
            page.goto(site.paths[name])
            assert page.get_attribute("html", "lang") == language
            assert violations(page) == []


@pytest.mark.drill
@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_a_window_of_320_pixels(site, name):
    with site.window(name, viewport={"width": 320, "height": 640}) as page:
        page.goto(site.paths[name])
        assert page.evaluate("document.documentElement.scrollWidth") <= 320


def verified(page, path):
    """The verdict of a browser on the entry at `path`, and the marks of its steps."""
    page.goto(path)
    page.click("#verify-button")
    page.wait_for_selector("#verified:not([hidden])")
    marks = page.eval_on_selector_all("#verify .result", "all => all.map(one => one.className)")
    return page.inner_text("#verified"), [mark.removeprefix("result ") for mark in marks]


def test_a_browser_verifies_an_entry_up_to_the_public_checkpoint(site):
    with site.window() as page:
        verdict, marks = verified(page, site.paths["entry"])
    assert verdict.startswith("Every step holds.")
    assert marks == ["good"] * 5


def altered(route):
    body = route.fetch().body()
    route.fulfill(body=bytes([body[0] ^ 1]) + body[1:])


def test_a_browser_finds_a_changed_tree(site):
    with site.window() as page:
        page.route("**/v1/log/tile/**", altered)
        verdict, marks = verified(page, site.paths["entry"])
    assert verdict.startswith("A step does not hold.")
    assert marks == ["good", "good", "good", "good", "bad"]


def test_a_browser_finds_a_checkpoint_that_the_log_did_not_sign(site):
    def grown(route):
        note = route.fetch().text()
        route.fulfill(body=re.sub(r"\n([0-9]+)\n", lambda size: f"\n{int(size[1]) - 1}\n", note, count=1))

    with site.window() as page:
        page.route("**/v1/log/checkpoint", grown)
        verdict, marks = verified(page, site.paths["entry"])
    assert verdict.startswith("A step does not hold.")
    assert marks[3:] == ["bad", "bad"]


@pytest.mark.parametrize(
    ("found", "put", "failing"),
    [
        ("&quot;records&quot;:1,", "&quot;records&quot;:0,", ["leaf"]),
        ("havre-purpose&quot;: contribution", "havre-purpose&quot;: statistics", ["leaf", "request"]),
    ],
)
def test_a_browser_finds_an_entry_that_was_changed(site, found, put, failing):
    def changed(route):
        answer = route.fetch()
        text = answer.text()
        before, entry, after = re.split(r'(<pre id="entry".*?</pre>)', text, flags=re.DOTALL)
        escaped = entry.replace("&#34;", "&quot;")
        new = escaped.replace(found, put).replace(
            found.replace("&quot;:", "\\&quot;:"), put.replace("&quot;:", "\\&quot;:")
        )
        assert new != escaped
        route.fulfill(response=answer, body=before + new + after)

    with site.window() as page:
        page.route(f"**{site.paths['entry']}", changed)
        verdict, marks = verified(page, site.paths["entry"])
    assert verdict.startswith("A step does not hold.")
    steps = ["leaf", "statement", "request", "checkpoint", "inclusion"]
    assert [step for step, mark in zip(steps, marks, strict=True) if mark == "bad"] == failing


def test_a_browser_remembers_the_log_and_finds_another_past(site):
    with site.window() as page:
        page.goto("/console")
        page.wait_for_selector("#remembered .good")
        assert "seen for the first time" in page.inner_text("#remembered")
        kept = page.evaluate("localStorage.getItem('havre-checkpoint:node.example')")
        assert kept.splitlines()[0] == "node.example/log/1"
        page.reload()
        page.wait_for_selector("#remembered .good")
        assert "nothing before changed" in page.inner_text("#remembered")
        page.evaluate(
            "note => localStorage.setItem('havre-checkpoint:node.example', note)",
            f"node.example/log/1\n5\n{'A' * 43}=\n\n\u2014 node.example/log/1 AAAAAAAA\n",
        )
        page.reload()
        page.wait_for_selector("#remembered .bad")
        assert "A check failed" in page.inner_text("#verdict")
