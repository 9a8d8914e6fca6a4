"""Where the tests' Chromium comes from, with programs that only pretend."""

import pytest

from tests.browser import chromium
from tests.browser.chromium import MISSING, NoChromium, find_chromium, install_chromium


def a_program(folder, name="chromium"):
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / name
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    return program


@pytest.fixture
def bare(tmp_path):
    """The surroundings of a machine without any."""
    return {"PATH": str(tmp_path / "bin"), "HOME": str(tmp_path / "home")}


def test_the_one_that_is_named_wins(tmp_path, bare):
    a_program(tmp_path / "bin")
    named = a_program(tmp_path / "elsewhere", "browser")
    assert find_chromium(bare | {"HAVRE_CHROMIUM": str(named)}) == named


def test_a_name_that_leads_nowhere_is_refused_rather_than_passed_over(tmp_path, bare):
    a_program(tmp_path / "bin")
    with pytest.raises(NoChromium, match="HAVRE_CHROMIUM"):
        find_chromium(bare | {"HAVRE_CHROMIUM": str(tmp_path / "none")})


def test_one_on_the_path_is_found(tmp_path, bare):
    assert find_chromium(bare) is None
    assert find_chromium(bare) != a_program(tmp_path / "bin") == find_chromium(bare)


def test_one_of_playwright_is_found(tmp_path, bare):
    folder = tmp_path / "home/.cache/ms-playwright/chromium_headless_shell-1/chrome-linux"
    assert find_chromium(bare) != a_program(folder, "headless_shell") == find_chromium(bare)


def test_where_there_is_one_nothing_is_installed(tmp_path, bare):
    found, ran = a_program(tmp_path / "bin"), []
    assert install_chromium(bare, run=lambda command: not ran.append(list(command))) == found
    assert ran == [[str(found), "--version"]]


def test_playwrights_own_is_tried_first(tmp_path, bare):
    folder = tmp_path / "home/.cache/ms-playwright/chromium_headless_shell-1/chrome-linux"

    def run(command):
        if "playwright" in command:
            a_program(folder, "headless_shell")
        return True

    assert install_chromium(bare, run=run) == folder / "headless_shell"


def test_root_is_given_debians_where_playwrights_cannot_be_had_or_does_not_start(tmp_path, bare, monkeypatch):
    monkeypatch.setattr(chromium.os, "geteuid", lambda: 0)
    monkeypatch.setattr(chromium.shutil, "which", _which_knows_apt(chromium.shutil.which))
    ran = []

    def run(command):
        ran.append(command[0])
        if "install" in command and "apt-get" in command:
            a_program(tmp_path / "bin")
        return "playwright" not in command

    assert install_chromium(bare, run=run) == tmp_path / "bin" / "chromium"
    assert ran[1:3] == ["apt-get", "apt-get"]


def _which_knows_apt(real):
    return lambda name, **where: "/usr/bin/apt-get" if name == "apt-get" else real(name, **where)


def test_who_is_not_root_is_told_what_to_do(bare, monkeypatch):
    monkeypatch.setattr(chromium.os, "geteuid", lambda: 1000)
    with pytest.raises(NoChromium) as told:
        install_chromium(bare, run=lambda _command: False)
    assert str(told.value) == MISSING
