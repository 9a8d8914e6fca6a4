"""What a change must pass is what anybody can run."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MAKEFILE = (ROOT / "Makefile").read_text()


def test_ci_runs_make_check_and_make_test_and_nothing_hidden():
    lines = [
        line for line in (ROOT / ".ci" / "run").read_text().splitlines() if line.strip() and not line.startswith("#")
    ]
    assert lines == ["set -eu", 'cd "$(dirname "$0")/.."', "make check", "make test"]


def test_ci_can_be_executed():
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o111 == 0o111


def test_make_help_lists_every_target():
    listed = subprocess.run(["make", "-C", str(ROOT), "help"], check=True, capture_output=True, text=True).stdout
    phony = re.search(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)
    assert phony is not None
    assert set(re.findall(r"^  make (\S+)", listed, re.MULTILINE)) == set(phony[1].split())


def test_drills_are_left_out_of_make_test_and_run_by_make_drill():
    assert 'pytest -n $(JOBS) --dist worksteal -m "not drill"' in MAKEFILE
    assert 'pytest -m "drill or hypothesis" --hypothesis-profile drill' in MAKEFILE
