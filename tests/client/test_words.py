"""The catalogue of messages: both languages say the same things, and everything in it is said somewhere."""

import ast
import importlib
import os
import pkgutil
import re
import string
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

import client
from client import words
from client.cli import run
from client.commands.wording import words_of
from client.failures import NotConfigured
from client.words import failing
from client.words.message import Message, language_of, speaking

MODULES = sorted(one.name for one in pkgutil.iter_modules(words.__path__))


def messages():
    """(name, message) of the whole catalogue; those of a table are named by its name and their key."""
    for module in MODULES:
        for name, value in vars(importlib.import_module(f"client.words.{module}")).items():
            if isinstance(value, Message):
                yield f"{module}.{name}", value
            elif name.isupper() and isinstance(value, dict):
                yield from ((f"{module}.{name}[{key}]", one) for key, one in value.items())


CATALOGUE = list(messages())


def placeholders(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_every_message_says_something_in_both_languages():
    assert {name for name, message in CATALOGUE if not message.en.strip() or not message.fr.strip()} == set()


def test_both_languages_have_the_same_placeholders():
    differing = {name for name, message in CATALOGUE if placeholders(message.en) != placeholders(message.fr)}
    assert differing == set()


def test_a_placeholder_is_a_plain_name():
    named = {name for _, message in CATALOGUE for name in placeholders(message.en)}
    assert {name for name in named if not re.fullmatch("[a-z_]+", name)} == set()


def test_nothing_is_left_untranslated_but_what_is_the_same_word():
    same = {name for name, message in CATALOGUE if message.en == message.fr and re.search("[A-Za-z]{3}", message.en)}
    assert same <= {"refusing.REFUSED_UNEXPLAINED"}


def test_every_message_is_said_somewhere():
    root = Path(client.__file__).parent
    said = Counter(name for path in root.rglob("*.py") for name in re.findall(r"\b[A-Z][A-Z_]*\b", path.read_text()))
    names = {name.partition("[")[0].partition(".")[2] for name, _ in CATALOGUE}
    assert {name for name in names if said[name] < 2} == set()


def test_every_reason_of_this_side_has_its_words():
    root = Path(client.__file__).parent
    calls = [
        node
        for path in root.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "NotConfigured"
    ]
    reasons = {one.args[0].value for one in calls if isinstance(one.args[0], ast.Constant)}
    assert reasons - set(failing.CONFIGURED) == set()


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "en"),
        ({"LANG": ""}, "en"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "fr_FR.UTF-8"}, "fr"),
        ({"LC_ALL": "fr_CA"}, "fr"),
        ({"LC_ALL": "", "LANG": "fr"}, "fr"),
        ({"LC_ALL": "C", "LANG": "fr_FR.UTF-8"}, "en"),
        ({"LC_MESSAGES": "en_GB", "LANG": "fr_FR"}, "en"),
        ({"LC_MESSAGES": "fr@euro"}, "fr"),
        ({"LANG": "fro"}, "en"),
        ({"HAVRE_LANG": "en", "LC_ALL": "fr_FR"}, "en"),
        ({"HAVRE_LANG": "FR"}, "fr"),
        ({"HAVRE_LANG": "tlh", "LANG": "fr"}, "en"),
    ],
)
def test_the_language_is_havre_s_own_setting_else_the_locale_s(environment, language):
    assert language_of(environment) == language


def test_a_failure_is_told_in_french():
    with speaking("fr"):
        assert words_of(NotConfigured("no_statement")).startswith("Il n'y a pas encore de déclaration")


def test_machine_output_is_never_translated(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("HAVRE_LANG", "fr")
    assert run(["--home", str(tmp_path / "none"), "whoami", "--json"]) == 2
    both = capsys.readouterr()
    assert "There is no folder for this organisation yet" in both.out
    assert "Il n'y a pas encore de dossier" in both.err


def spoken_by_process(*arguments, **environment):
    program = "from client.cli import main; main()"
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG", "HAVRE"))}
    return subprocess.run(
        [sys.executable, "-c", program, *arguments],
        env={**kept, **environment},
        capture_output=True,
        timeout=60,
        check=False,
    )


def test_help_is_french_without_any_locale_and_on_a_terminal_of_plain_ascii():
    done = spoken_by_process("push", "--help", HAVRE_LANG="fr", PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert done.returncode == 0, done.stderr.decode()
    assert b"finalit" in done.stdout
