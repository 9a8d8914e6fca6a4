"""Print the figures with everything one must know to read them, and keep them as JSON."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from bench import bare, bundling, verifying, yardsticks
from bench.measuring import Measured

RESULTS = Path(__file__).parent / "results.json"

_WALLS = (
    "RFC 9421 signature and RFC 9530 digest of every request, rates of organisation and key, clock, nonce (logged "
    "table), key and statement as they stand, role, purpose; standing in the group that is addressed, line profile, "
    "schema and screening of every record, revisions, values shared once, manifest and root; intervals, access as "
    "committed and purposes of every batch served, the version of the reader's access held until the entry stands, row "
    "security around every query; entry and receipt in the act's transaction, signed acceptance, signed answer"
)


def write_results(measured: Sequence[Measured]) -> None:
    """Write `bench/results.json`: only what this run has measured."""
    results = {each.name: each.as_json() for each in measured}
    RESULTS.write_text(json.dumps(results, indent=2) + "\n")


def print_table(measured: Sequence[Measured], facts: Mapping[str, object], tell: Callable[[str], None]) -> None:
    """Tell the surroundings, one line a name, where the time goes in what was missed, and the yardsticks."""
    tell("")
    for name, fact in facts.items():
        tell(f"{name:>20}  {', '.join(map(str, fact)) or 'none' if isinstance(fact, list) else fact}")
    if facts:
        tell(f"{'walls':>20}  {_WALLS}")
    tell("")
    tell(f"{'name':<16}{'figure':>9}{'goal':>9}  {'spread':<18}{'':<8}ours | yardstick")
    for each in measured:
        goal = f"{'≤' if each.is_figure else '≥'} {each.limit:g}"
        spread = f"{each.spread[0]:.2f} to {each.spread[1]:.2f}"
        verdict = "MISSED" if each.is_missed else "reached"
        tell(f"{each.name:<16}{each.value:>9.3f}{goal:>9}  {spread:<18}{verdict:<8}{each.ours} | {each.yardstick}")
    for each in measured:
        if each.is_missed and each.where_time_goes:
            tell(f"  {each.name} was missed; where the time goes: {each.where_time_goes}")
    tell("")
    tell("yardsticks:")
    tell(f"  push: {yardsticks.COPY_IN}; commit per 1,000; tables and indexes:{yardsticks.TABLES}")
    tell(f"  pull: psql (warm, TCP, SCRAM, output to /dev/null):{yardsticks.COPY_OUT.replace('{{}}', '{}')}")
    tell(f"  single: Flask in gunicorn, as many workers and threads: {bare.SQL}; COMMIT")
    tell(f"  idle_poll: Flask in gunicorn, as many workers and threads: {bare.PROBE}; COMMIT")
    tell(f"  verify: {verifying.YARDSTICK}")
    tell(f"  bundle_hashing: {bundling.YARDSTICK}")
