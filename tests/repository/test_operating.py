"""docs/operating.md and deploy/README.md name commands and options that exist, and are linked."""

import re
from pathlib import Path

import pytest
import rich_click as click

from server.cli import main

ROOT = Path(__file__).resolve().parents[2]
OPERATING = (ROOT / "docs" / "operating.md").read_text()
DEPLOYING = (ROOT / "deploy" / "README.md").read_text()
README = (ROOT / "README.md").read_text()
# A command as it stands in a block, its continued lines joined.
WRITTEN = re.findall(
    r"^\s*(?:\S*havre-node|docker compose run .* admin) ((?!-)[a-z].*)$",
    (OPERATING + DEPLOYING + README).replace("\\\n", " "),
    re.MULTILINE,
)


def command_of(words):
    """The click command that `words` name, and the words after it."""
    found, rest = main, list(words)
    while isinstance(found, click.Group):
        found = found.get_command(click.Context(found), rest.pop(0))
    return found, rest


@pytest.mark.parametrize("line", WRITTEN)
def test_each_command_that_is_written_down_exists_with_its_options(line):
    command, rest = command_of(line.split("#")[0].split())
    assert command is not None
    options = {name for parameter in command.params for name in parameter.opts}
    assert {word for word in rest if word.startswith("--")} <= options


def test_the_commands_of_every_chapter_are_among_them():
    named = {" ".join(line.split()[:2]) if line.startswith("statement") else line.split()[0] for line in WRITTEN}
    assert named >= {"operator-key", "init", "migrate", "admit", "suspend", "lift", "statement renew", "status"}


@pytest.mark.parametrize("link", ["docs/operating.md", "deploy/README.md"])
def test_the_readme_leads_to_them(link):
    assert f"({link})" in README
