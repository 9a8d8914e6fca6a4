"""How tutorials are read; and that what they name is there."""

import re
from pathlib import Path

import pytest

from tests.tutorials.reading import Step, agrees, steps_of

FOLDER = Path(__file__).parents[2] / "docs" / "tutorials"
PAGES = sorted(FOLDER.glob("*.md"))


def a_page(*lines):
    return "\n".join(["# A page", "```console", *lines, "```", "After."])


def test_a_command_is_read_with_what_it_prints():
    page = a_page("$ echo one", "one", "$ true")
    assert steps_of(page) == [
        Step(line=3, command="echo one", shown="one", status=0),
        Step(line=5, command="true", shown="", status=0),
    ]


def test_other_fences_are_not_run():
    assert steps_of("```sh\n$ rm -r elsewhere\n```\n") == []


def test_a_command_goes_on_after_a_backslash():
    assert steps_of(a_page("$ echo \\", "    one", "one"))[0].command == "echo \\\n    one"


def test_a_here_document_belongs_to_its_command():
    (step,) = steps_of(a_page("$ cat > file <<'END'", "$ not a command", "END"))
    assert (step.command, step.shown) == ("cat > file <<'END'\n$ not a command\nEND", "")


def test_a_command_that_is_meant_to_fail_says_its_status():
    assert steps_of(a_page("$ false  # ends with 1"))[0].status == 1


@pytest.mark.parametrize("lines", [["no command"], ["$ cat <<'END'", "for ever"], ["$ echo \\"]])
def test_a_fence_that_cannot_be_run_is_an_error(lines):
    with pytest.raises(ValueError, match=r"command|end"):
        steps_of(a_page(*lines))


@pytest.mark.parametrize(
    ("shown", "printed", "is_agreed"),
    [
        ("one", "one\n", True),
        ("one", "one two\n", False),
        ("one …", "one two\n", True),
        ("one …", "one\n", False),
        ("key … made", "key a.b/c-d made\n", True),
        ("a.b", "axb\n", False),
        ("one\n…\nlast", "one\n2\n3\nlast\n", True),
        ("one\n…\nlast", "one\nlast\n", True),
        ("one\n…\nlast", "one\nlast\nmore\n", False),
        ("", "surprise\n", False),
    ],
)
def test_an_output_agrees_in_all_but_its_gaps(shown, printed, is_agreed):
    assert agrees(shown, printed) is is_agreed


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_link_of_a_tutorial_leads_to_a_file(page):
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (FOLDER / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_tutorial_is_named_in_their_index_and_can_be_read(page):
    text = page.read_text(encoding="utf-8")
    assert page.stem == "README" or f"({page.name})" in (FOLDER / "README.md").read_text(encoding="utf-8")
    assert page.stem == "README" or steps_of(text)
