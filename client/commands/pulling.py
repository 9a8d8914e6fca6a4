"""`havre pull`, `havre follow`."""

import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import rich_click as click

from client.columns import Shown
from client.commands.hooking import CommandHook
from client.commands.selecting import selected, with_feed_filter, with_output, with_selection
from client.commands.telling import Context, pass_context, with_json
from client.commands.wording import words_of
from client.failures import NotVerified
from client.narrowing import narrowed
from client.partner import Partner
from client.pulled import DEFAULT_LIMIT, Filter, PulledPage
from client.state.live import Selection
from client.words import checkpoints, pulling
from client.writing import open_writer
from schemas.vocabulary.exchange import SHARING_PURPOSE

_MAX_PAGE = 50_000


def _reading(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in (
        click.option("--limit", type=click.IntRange(1, _MAX_PAGE), default=DEFAULT_LIMIT, help=pulling.LIMIT()),
        click.option("--pages", type=click.Path(file_okay=False, path_type=Path), help=pulling.PAGES()),
        click.option("--not-own", "is_own", is_flag=True, flag_value=False, default=True, help=pulling.NOT_OWN()),
        with_feed_filter,
        click.option("--purpose", required=True, type=click.Choice(SHARING_PURPOSE.values), help=pulling.PURPOSE()),
    ):
        command = option(command)
    return command


@click.command(help=pulling.PULL())
@_reading
@with_selection
@with_output()
@with_json
@pass_context
def pull(context: Context, /, **options: Any) -> int:
    """Pull what is new, and write it."""
    return _pull(context, on_change=None, source=lambda partner, **asked: partner.pull(**asked), **options)


@click.command(help=pulling.FOLLOW())
@_reading
@with_selection
@with_output("ndjson", "csv")
@click.option("--on-change", help=pulling.ON_CHANGE())
@with_json
@pass_context
def follow(context: Context, /, *, on_change: str | None, **options: Any) -> int:
    """Pull what is new, for ever; SIGTERM and an interrupt end it cleanly."""

    def source(partner: Partner, **asked: Any) -> Iterator[PulledPage]:
        hook = None if on_change is None else CommandHook(on_change, warn=context.warn)
        return partner.follow(**asked, hook=hook)

    try:
        return _pull(context, on_change=on_change, source=source, **options)
    except KeyboardInterrupt:
        return 0


def _pull(
    context: Context,
    *,
    source: Callable[..., Iterator[PulledPage]],
    on_change: str | None,
    purpose: str,
    kind: str | None,
    origin: str | None,
    is_own: bool,
    format_: Any,
    output: Path | None,
    pages: Path | None,
    limit: int,
    **content: Any,
) -> int:
    only = Filter(kind=kind, origin=origin, own=is_own)
    selection = Selection(**selected(content))
    counted = dict.fromkeys(("batches", "records", "withdrawn", "held", "set_aside", "ended", "withheld"), 0)
    unverified: dict[str, str] = {}
    if pages is not None:
        pages.mkdir(mode=0o700, parents=True, exist_ok=True)
    is_silent = context.is_json or on_change is not None
    with (
        context.partner() as partner,
        _ending_well(partner),
        _standard(is_silent=is_silent) as standard,
        open_writer(format_, output, standard=standard) as writer,
        _going_on(context),
    ):
        for page in source(partner, purpose=purpose, only=only, limit=limit):
            for one in narrowed(page.lines, selection):
                writer.write(Shown(origin=one.origin, line=one.line, manifest=one.manifest))
            writer.flush()
            if pages is not None and page.batches:
                (pages / f"page-{page.receipt[:12]}.ndjson").write_bytes(page.body)
            _count(counted, page)
            _tell_log(context, partner)
            _warn(context, page, known=unverified)
            unverified = dict(page.unverified)
    if context.is_json:
        context.tell({**counted, "unverified": unverified}, "")
    else:
        told = {name: counted[name] for name in ("records", "withdrawn", "batches")}
        context.warn(pulling.PULLED(**told))
    return NotVerified.exit_code if unverified else 0


@contextmanager
def _going_on(context: Context) -> Iterator[None]:
    """Tell of an origin that cannot be verified, after all others were pulled."""
    try:
        yield
    except NotVerified as failure:
        if not failure.went_on:
            raise
        context.warn(words_of(failure))


@contextmanager
def _ending_well(partner: Partner) -> Iterator[None]:
    """Let SIGTERM and an interrupt end what waits at once, and what is being kept or written after it."""
    before = {one: signal.signal(one, partner.stop.ask) for one in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


@contextmanager
def _standard(*, is_silent: bool) -> Iterator[BinaryIO]:
    """Give standard output, or nothing's ear where something else is told there."""
    if is_silent:
        with Path("/dev/null").open("wb") as nowhere:
            yield nowhere
    else:
        yield sys.stdout.buffer


def _count(counted: dict[str, int], page: PulledPage) -> None:
    for name in ("batches", "records", "withdrawn", "held", "set_aside", "ended"):
        counted[name] += getattr(page, name)
    counted["withheld"] = page.withheld or 0


def _tell_log(context: Context, partner: Partner) -> None:
    """Tell once that the node's log went on under another name."""
    for one in partner.checkpoints.take_untold():
        if one.is_unproven:
            context.warn(checkpoints.LOG_NOT_PROVEN(log=one.log, previous=one.previous, known=one.known_size))
        else:
            context.warn(
                checkpoints.LOG_CHANGED(log=one.log, previous=one.previous, known=one.known_size, kept=one.kept_size)
            )


def _warn(context: Context, page: PulledPage, *, known: Mapping[str, str]) -> None:
    for origin, reason in page.unverified.items():
        if known.get(origin) != reason:
            context.warn(pulling.UNVERIFIED(origin=origin, reason=reason))
    if page.held and not page.is_directory_expired:
        context.warn(pulling.HELD(batches=page.held))
    if page.is_directory_expired:
        context.warn(pulling.DIRECTORY_EXPIRED())
    if page.set_aside:
        context.warn(pulling.ASIDE(batches=page.set_aside))
    if page.ended:
        context.warn(pulling.ENDED(streams=page.ended))
    if page.withheld:
        context.warn(pulling.WITHHELD(lines=page.withheld))
