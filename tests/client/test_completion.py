import subprocess
import sys

import pytest

from client.cli import run

PROGRAM = [sys.executable, "-c", "from client.cli import main; main()"]


@pytest.mark.parametrize(("shell", "sign"), [("bash", "complete -o"), ("zsh", "#compdef havre"), ("fish", "complete ")])
def test_the_script_of_a_shell_is_printed(capsys, shell, sign):
    assert run(["completion", shell]) == 0
    assert sign in capsys.readouterr().out


def test_an_unknown_shell_is_refused_as_usage():
    assert run(["completion", "tcsh"]) == 2


def test_a_shell_that_asks_is_answered_with_the_words_of_an_option():
    asked = {"_HAVRE_COMPLETE": "bash_complete", "COMP_WORDS": "havre withdraw --reason ", "COMP_CWORD": "3"}
    done = subprocess.run(PROGRAM, env=asked, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0
    assert b"plain,legal" in done.stdout


def test_no_colour_is_written_where_no_color_asks_for_none():
    environment = {"NO_COLOR": "1", "FORCE_COLOR": "1", "TERM": "xterm-256color"}
    done = subprocess.run([*PROGRAM, "push", "--help"], env=environment, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0
    assert b"\x1b[3" not in done.stdout
    assert b"\x1b[9" not in done.stdout
