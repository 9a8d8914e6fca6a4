"""Run the demo: `python -m bench.demo [--keep] [--records N]`. Exit 0 if every check passed, 1 if one did not."""

import argparse
import signal
import sys
import tempfile
import time
from pathlib import Path
from types import FrameType
from typing import NoReturn

from bench.demo.attacks import attack, attack_group
from bench.demo.auditing import admit_auditor, catch_superuser, invite_to_console, see_exposure, verify_offline
from bench.demo.cast import Stage, staged
from bench.demo.checks import Checks
from bench.demo.exchange import admit_members, exchange, revoke_key, withdraw
from bench.demo.groups import share_from_joining, share_in_group
from bench.demo.incidents import give_opinions, keep_to_purposes, report_incident
from bench.demo.retention import expire, share_for_seconds, withdraw_as_legal
from bench.demo.swapping import swap_keys

_SYNTHETIC = 10_000


def main() -> int:
    """Run the demo and return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench.demo", description=__doc__)
    parser.add_argument("--keep", action="store_true", help="leave the node running, with addresses to try")
    parser.add_argument("--records", type=int, default=_SYNTHETIC, help="synthetic signals to exchange")
    arguments = parser.parse_args()
    # A signal that ended this process at once would leave the node's keys in its folder.
    signal.signal(signal.SIGTERM, _end)
    checks = Checks()
    begin = time.monotonic()
    checks.scene("A node is founded and runs: PostgreSQL, api, sequencer, worker, eraser")
    with tempfile.TemporaryDirectory(prefix="havre-demo-") as folder, staged(Path(folder)) as stage:
        link = _play(stage, checks, count=arguments.records)
        checks.say(f"all of it took {time.monotonic() - begin:.0f} s")
        print(f"The auditors' console, once, while this node runs (--keep leaves it running): {link}", flush=True)
        print(f"demo: {checks.passed} checks passed, {checks.failed} failed", flush=True)
        if arguments.keep:
            _keep(stage)
    return 1 if checks.failed else 0


def _play(stage: Stage, checks: Checks, *, count: int) -> str:
    """Run all scenes; return the link by which a person comes to the console, once."""
    with checks.check("the node says that all of it is well"):
        stage.await_ready()
    checks.scene("A platform, an NGO and a government agency join")
    admit_members(stage, checks)
    checks.scene("They exchange signals")
    shared = exchange(stage, checks, count=count)
    withdraw(stage, checks, shared)
    checks.scene("Two of them share within a group")
    share_in_group(stage, checks)
    from_now_on = share_from_joining(stage, checks)
    checks.scene("An AI incident is reported, and others say what they think of it")
    incident = report_incident(stage, checks)
    give_opinions(stage, checks, incident)
    keep_to_purposes(stage, checks)
    checks.scene("What is over goes: by its time, and because the law says so")
    fleeting = share_for_seconds(stage, checks)
    withdraw_as_legal(stage, checks)
    expire(stage, checks, fleeting)
    checks.scene("Attackers fail, and are found in the log")
    attack(stage, checks)
    attack_group(stage, checks, from_now_on)
    revoke_key(stage, checks)
    swap_keys(stage, checks)
    checks.scene("The log")
    with checks.check("every entry has its place, without a gap, and is what its leaf says") as tell:
        tell(f"{stage.log.open_every_leaf()} entries")
    checks.scene("An auditor checks all of it, and trusts nobody")
    ministry = admit_auditor(stage, checks)
    see_exposure(stage, checks, ministry)
    verify_offline(stage, checks, ministry)
    catch_superuser(stage, checks, ministry)
    return invite_to_console(stage, checks, ministry)


def _keep(stage: Stage) -> None:
    platform = stage.members[0]
    print(
        f"""
The node runs at {stage.origin_url} until you press Ctrl-C. Try:
  curl {stage.origin_url}/readyz
  curl {stage.origin_url}/openapi.json
  curl {stage.origin_url}/v1/directory
  HAVRE_HOME={platform.home.path} .venv/bin/havre whoami
  HAVRE_HOME={stage.members[1].home.path} .venv/bin/havre pull --purpose detection
  HAVRE_HOME={stage.members[1].home.path} .venv/bin/havre group list
  HAVRE_HOME={stage.members[2].home.path} .venv/bin/havre status
To join with an organisation of your own (--federation {stage.federation} --node {stage.node}):
  the node's root is {stage.node_root}
  the operators' folders are {stage.folder / "operator-1"} and {stage.folder / "operator-2"}
  export HAVRE_NODE={stage.node} HAVRE_FEDERATION={stage.federation} \\
      HAVRE_ORIGIN_URL={stage.origin_url} HAVRE_NODE_ROOT={stage.node_root}""",
        flush=True,
    )
    # Blocked first: a signal that is waited for must not be handled besides.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    signal.sigwait({signal.SIGINT, signal.SIGTERM})


def _end(number: int, frame: FrameType | None) -> NoReturn:  # noqa: ARG001 - a signal handler's signature
    # Once: what is on its way out is not to be interrupted on it.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sys.exit(128 + number)


if __name__ == "__main__":
    sys.exit(main())
