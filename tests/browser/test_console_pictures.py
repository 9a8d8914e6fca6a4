"""Take the pictures of the console in `docs/console`: `pytest -m drill tests/browser/test_console_pictures.py`.

The node and its past are synthetic. Pictures have few colours, so that they stay small, and end where a reader has seen
enough.
"""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page

from tests.browser.looking import Site, a_window
from tests.conftest import a_database
from tests.console.conftest import HOTLINE, PLATFORM, bring_up, template  # noqa: F401 - the fixture of this module
from tests.console.past import live_through
from tests.console.paths import paths_of
from tests.console.people import a_visitor
from tests.console.serving import a_free_port, served
from tests.partners import a_node

pytestmark = pytest.mark.drill

FOLDER = Path(__file__).parents[2] / "docs" / "console"
MOST_HEIGHT, COLOURS, MOST_BYTES = 1_500, 96, 150_000
PICTURES = (
    *(("overview", "en"), ("overview", "fr"), ("trail", "en"), ("trail", "fr"), ("entry", "en"), ("exposure", "en")),
    *(("received", "en"), ("organisations", "en"), ("organisation", "en"), ("checkpoints", "en"), ("export", "en")),
    *(("people", "en"), ("sign-in", "en")),
)


@pytest.fixture(scope="module")
def site(postgres, template, chromium) -> Iterator[Site]:  # noqa: F811 - the fixture above
    with a_database(postgres, template) as database:
        node = a_node(database, origin_url=f"http://localhost:{a_free_port()}")
        live_through(node, [HOTLINE, PLATFORM])
        bring_up(node)
        auditor = a_visitor(node, HOTLINE, "federation_auditor", holder="auditor-1")
        administrator = a_visitor(node, HOTLINE, "administrator", holder="administrator-1")
        with served(node) as origin:
            yield Site(
                chromium=chromium, origin=origin, auditor=auditor, administrator=administrator, paths=paths_of(auditor)
            )
        node.close()


def keep(page: Page, name: str) -> int:
    """Write the picture of a page, and return how many bytes it has."""
    page.wait_for_load_state("networkidle")
    whole = Image.open(BytesIO(page.screenshot(full_page=True))).convert("RGB")
    shown = whole.crop((0, 0, whole.width, min(whole.height, MOST_HEIGHT)))
    FOLDER.mkdir(exist_ok=True)
    path = FOLDER / f"{name}.png"
    shown.quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)
    return path.stat().st_size


@pytest.mark.parametrize(("name", "language"), PICTURES)
def test_there_is_a_picture_of_each_page(site, name, language):
    window = a_window(site.chromium, site.origin) if name == "sign-in" else site.window(name, language=language)
    with window as page:
        page.goto(site.paths.get(name, "/console/sign-in"))
        assert keep(page, name if language == "en" else f"{name}.{language}") < MOST_BYTES


def test_there_is_a_picture_of_a_verified_entry(site):
    with site.window("entry") as page:
        page.goto(site.paths["entry"])
        page.click("#verify-button")
        page.wait_for_selector("#verified:not([hidden])")
        path = FOLDER / "verify.png"
        part = Image.open(BytesIO(page.locator("section[aria-labelledby=verify-head]").screenshot())).convert("RGB")
        part.quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)
        assert path.stat().st_size < MOST_BYTES


def test_there_is_a_picture_by_night_and_one_of_a_narrow_window(site):
    with site.window(color_scheme="dark") as page:
        page.goto("/console")
        assert keep(page, "overview.dark") < MOST_BYTES
    with site.window(viewport={"width": 360, "height": 800}) as page:
        page.goto("/console")
        assert keep(page, "overview.narrow") < MOST_BYTES
