"""Read the commands of a tutorial, and the outputs that it shows.

A fence of the language `console` is literal: a line that begins with `$ ` is a command, with the lines that continue it
(a backslash at the end, or a here-document), and what follows up to the next command is all that it prints. `…` stands
for what differs each time: for a part of a line, or as a line of its own for any number of lines. A comment
`# ends with 1` tells the exit status of a command that is meant to fail.
"""

import re
from dataclasses import dataclass

_HERE = re.compile(r"<<'(?P<end>[A-Z]+)'$")
_STATUS = re.compile(r"# ends with (?P<status>[0-9]+)$")


@dataclass(frozen=True, kw_only=True)
class Step:
    """One command of a tutorial: the line (from 1) where it stands, what it prints, how it ends."""

    line: int
    command: str
    shown: str
    status: int


def steps_of(page: str) -> list[Step]:
    """Return the commands of a page, in order.

    Raises:
        ValueError: a fence has text before its first command, or a here-document has no end.
    """
    steps: list[Step] = []
    lines = enumerate(page.splitlines(), start=1)
    for _, text in lines:
        if text == "```console":
            steps += _fence(lines)
    return steps


def _fence(lines: "enumerate[str]") -> list[Step]:
    steps: list[Step] = []
    command, shown, start = "", [], 0
    for number, text in lines:
        if text != "```" and not text.startswith("$ "):
            if not command:
                raise ValueError(f"line {number}: a fence begins with a command")
            shown.append(text)
            continue
        if command:
            steps.append(_step(start, command, shown))
        if text == "```":
            return steps
        command, shown, start = _whole(text.removeprefix("$ "), lines), [], number
    raise ValueError("a fence has no end")


def _whole(first: str, lines: "enumerate[str]") -> str:
    """Return a command with the lines that belong to it."""
    command = [first]
    here = _HERE.search(first)
    while (here and command[-1] != here["end"]) or (not here and command[-1].endswith("\\")):
        _, text = next(lines, (0, "```"))
        if text == "```":
            raise ValueError(f"{first}: the command has no end")
        command.append(text)
    return "\n".join(command)


def _step(start: int, command: str, shown: list[str]) -> Step:
    status = _STATUS.search(command)
    return Step(line=start, command=command, shown="\n".join(shown), status=int(status["status"]) if status else 0)


def agrees(shown: str, printed: str) -> bool:
    """Return whether a command printed what its tutorial shows; blanks at the ends of lines do not count."""
    wanted, came = _lines(shown), _lines(printed)
    pattern = "".join("(?:.*\n)*?" if line == "…" else re.escape(line).replace("…", ".+") + "\n" for line in wanted)
    return re.fullmatch(pattern, "".join(f"{line}\n" for line in came)) is not None


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.strip().splitlines()]
