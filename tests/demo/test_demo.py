"""The demo passes as it is, and says so when a rule is broken: each mutant takes one wall out of the running code."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

# A minute on an idle machine of two cores; beside other tests several times that.
_SECONDS = 400
LAST_LINE = re.compile(r"demo: (\d+) checks passed, (\d+) failed")

# Python runs `sitecustomize` first in every process, those of the node too: the mutated name is what is imported later.
MUTANTS = {
    "a nonce may be used again": """
import server.guard.standing as standing
from dataclasses import replace
judge = standing.judge_standing
standing.judge_standing = lambda found, **said: judge(replace(found, claimed=True), **said)
""",
    "any key may sign a manifest": """
import server.batches.pushing as pushing
pushing._verify = lambda *said: None
""",
    "a group's records go to everybody at the node": """
import server.sharing.groups as groups
from dataclasses import replace
set_group = groups.set_group
def let_all_in(db, *, group, **said):
    everybody = {number: "observer" for (number,) in db.execute("SELECT organisation_id FROM organisation")}
    set_group(db, group=replace(group, members=everybody | dict(group.members)), **said)
groups.set_group = let_all_in
""",
    "a reader believes whatever root it is shown": """
import client.trusting as trusting
trusting.Trust.agree = lambda self, member: None
""",
}


def run_demo(folder: Path | None = None) -> tuple[int, int, int, str]:
    """Exit code, checks passed, checks failed, and what was printed."""
    path = [str(folder)] if folder else []
    done = subprocess.run(
        [sys.executable, "-m", "bench.demo", "--records", "50"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([*path, os.environ.get("PYTHONPATH", "")])},
        capture_output=True,
        text=True,
        check=False,
        timeout=_SECONDS,
    )
    told = LAST_LINE.search(done.stdout.rstrip().splitlines()[-1])
    assert told is not None, done.stdout + done.stderr
    return done.returncode, int(told[1]), int(told[2]), done.stdout


@pytest.mark.timeout(_SECONDS + 20)
def test_the_demo_passes_every_check() -> None:
    code, passed, failed, printed = run_demo()
    assert (code, failed) == (0, 0), printed
    assert passed > 60


@pytest.mark.drill
@pytest.mark.parametrize("broken", MUTANTS)
def test_the_demo_fails_when_a_rule_is_broken(broken, tmp_path) -> None:
    (tmp_path / "sitecustomize.py").write_text(MUTANTS[broken])
    code, _passed, failed, printed = run_demo(tmp_path)
    assert code == 1, printed
    assert failed > 0


def test_a_demo_that_is_told_to_end_leaves_no_keys_behind(tmp_path):
    with subprocess.Popen(
        [sys.executable, "-m", "bench.demo", "--records", "50"],
        env={**os.environ, "TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        text=True,
    ) as demo:
        for line in demo.stdout:
            # By now the node has its keys and runs.
            if "join" in line:
                break
        assert list(tmp_path.glob("havre-demo-*/node/root-*.pem"))
        demo.terminate()
        demo.stdout.read()
        assert demo.wait(60) == 128 + signal.SIGTERM
    assert list(tmp_path.glob("havre-demo-*")) == []
