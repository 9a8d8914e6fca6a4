"""`python -m bench [names…]`: measure, print, write `bench/results.json`; a missed goal is marked, the exit is 0."""

import argparse
import time

from bench.reporting import print_table, write_results
from bench.running import NAMES, SIZES, Plan, run


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure against yardsticks of the same run.")
    parser.add_argument("names", nargs="*", metavar="name", help=f"what to measure (all): {', '.join(NAMES)}")
    parser.add_argument(
        "--records", type=int, choices=SIZES, help="largest database, and longest log (1000000; 100000 with --quick)"
    )
    parser.add_argument(
        "--quick", action="store_true", help="fewer and shorter turns, smaller sizes: about five minutes"
    )
    arguments = parser.parse_args()
    unknown = set(arguments.names) - set(NAMES)
    if unknown:
        parser.error(f"no such name: {', '.join(sorted(unknown))}")
    plan = Plan(
        names=frozenset(arguments.names or NAMES),
        records=arguments.records or (SIZES[1] if arguments.quick else SIZES[-1]),
        quick=arguments.quick,
    )
    started = time.monotonic()

    def tell(text: str) -> None:
        print(text, flush=True)

    measured, facts = run(plan, lambda text: tell(f"[{time.monotonic() - started:5.0f} s] {text}"))
    write_results(measured)
    print_table(measured, facts, tell)


if __name__ == "__main__":
    main()
