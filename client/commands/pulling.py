"""`havre pull`, `havre follow`, `havre records`, `havre verify`."""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO

import orjson
import rich_click as click

from client.clock import wire_time
from client.commands.telling import Context, pass_context, with_json
from client.commands.wording import words_of
from client.failures import NotConfigured, NotVerified
from client.judging import load_manifest
from client.pulling import DEFAULT_LIMIT, Filter, PulledPage
from crypto.documents import BATCH, read_document
from schemas.manifests import Manifest
from schemas.vocabulary.exchange import SHARING_PURPOSE
from schemas.vocabulary.records import KIND

_MAX_PAGE = 50_000


def _reading(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in (
        click.option("--limit", type=click.IntRange(1, _MAX_PAGE), default=DEFAULT_LIMIT, help="Records a page."),
        click.option(
            "--pages", type=click.Path(file_okay=False, path_type=Path), help="Keep each page in this folder."
        ),
        click.option(
            "--out", type=click.Path(dir_okay=False, path_type=Path), help="Append lines here, not to stdout."
        ),
        click.option("--not-own", "is_own", is_flag=True, flag_value=False, default=True, help="Without one's own."),
        click.option("--origin", help="Of this origin only."),
        click.option("--kind", type=click.Choice(KIND.values), help="Of this kind only."),
        click.option("--purpose", required=True, type=click.Choice(SHARING_PURPOSE.values), help="What it is for."),
    ):
        command = option(command)
    return command


@click.command()
@_reading
@with_json
@pass_context
def pull(context: Context, /, **options: Any) -> int:
    """Pull what is new, verified: one line a record, {"origin", "record", "terms"}, as NDJSON.

    With --json the records go to --out alone, and the result is one object of counts.
    """
    return _pull(context, is_following=False, **options)


@click.command()
@_reading
@with_json
@pass_context
def follow(context: Context, /, **options: Any) -> int:
    """Pull what is new, and go on as new records come, until interrupted."""
    try:
        return _pull(context, is_following=True, **options)
    except KeyboardInterrupt:
        return 0


@click.command()
@click.option("--kind", type=click.Choice(KIND.values))
@click.option("--origin", help="Of this origin only.")
@click.option("--set-aside", "is_set_aside", is_flag=True, help="Instead what was set aside with a revoked key.")
@pass_context
def records(context: Context, /, *, kind: str | None, origin: str | None, is_set_aside: bool) -> None:
    """Write the live records that are known here, as NDJSON: newest revisions, not withdrawn, not expired."""
    with context.partner() as partner:
        for one in partner.live_records(kind=kind, origin=origin, is_set_aside=is_set_aside):
            sys.stdout.buffer.write(_line(one.origin, _terms_of_manifest(one.manifest), one.line))


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@with_json
@pass_context
def verify(context: Context, /, *, file: Path) -> None:
    """Verify a saved page or batch file offline, by the statements that are known here."""
    data = file.read_bytes()
    try:
        is_ndjson = isinstance(orjson.loads(data.partition(b"\n")[0]), dict)
    except orjson.JSONDecodeError:
        is_ndjson = False
    if not is_ndjson:
        raise NotConfigured("not_ndjson", about=str(file))
    with context.partner() as partner:
        found = partner.verify(data)
    origins = sorted({one.origin for one in found.batches})
    result = {
        "batches": len(found.batches),
        "records": found.records,
        "erased": found.erased,
        "set_aside": found.set_aside,
        "origins": origins,
    }
    aside = f" {found.set_aside} batches are of keys revoked since: do not use them." if found.set_aside else ""
    context.tell(
        result, f"{len(found.batches)} batches with {found.records} records of {', '.join(origins)} are genuine.{aside}"
    )


def _pull(
    context: Context,
    *,
    is_following: bool,
    purpose: str,
    kind: str | None,
    origin: str | None,
    is_own: bool,
    out: Path | None,
    pages: Path | None,
    limit: int,
) -> int:
    only = Filter(kind=kind, origin=origin, own=is_own)
    counted: dict[str, int] = {"batches": 0, "records": 0, "withdrawn": 0, "held": 0, "set_aside": 0, "withheld": 0}
    unverified: dict[str, str] = {}
    if pages is not None:
        pages.mkdir(mode=0o700, parents=True, exist_ok=True)
    with context.partner() as partner, _sink(context, out) as sink, _going_on(context):
        source = partner.follow if is_following else partner.pull
        for page in source(purpose=purpose, only=only, limit=limit):
            for one in page.lines:
                sink.write(_line(one.origin, _terms_of(one.manifest), one.line))
            sink.flush()
            if pages is not None and page.batches:
                (pages / f"page-{page.receipt[:12]}.ndjson").write_bytes(page.body)
            _count(counted, page)
            _warn(context, page, known=unverified)
            unverified = dict(page.unverified)
    words = (
        f"{counted['records']} records, {counted['withdrawn']} withdrawals in {counted['batches']} batches, verified."
    )
    if context.is_json:
        context.tell({**counted, "unverified": unverified}, "")
    else:
        context.warn(words)
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


def _count(counted: dict[str, int], page: PulledPage) -> None:
    for name in ("batches", "records", "withdrawn", "held", "set_aside"):
        counted[name] += getattr(page, name)
    counted["withheld"] = page.withheld or 0


def _warn(context: Context, page: PulledPage, *, known: Mapping[str, str]) -> None:
    for origin, reason in page.unverified.items():
        if known.get(origin) != reason:
            context.warn(f"{origin} cannot be verified ({reason}): its batches are held, everything else goes on.")
    if page.held and not page.is_directory_expired:
        context.warn(f"{page.held} batches are held until they can be judged.")
    if page.is_directory_expired:
        context.warn("The node's directory has expired: withdrawals were applied, everything else is held.")
    if page.set_aside:
        context.warn(f"{page.set_aside} batches are of keys that were revoked since: set aside.")
    if page.withheld:
        context.warn(f"{page.withheld} lines were withheld: their bytes never came, and nothing says why.")


def _line(origin: str, terms: bytes, line: bytes) -> bytes:
    return b'{"origin":"%b","record":%b,"terms":%b}\n' % (origin.encode("ascii"), line, terms)


@lru_cache(maxsize=1024)
def _terms_of_manifest(token: str) -> bytes:
    """Return the terms of a kept manifest: they were verified before it was kept."""
    return _terms_of(load_manifest(read_document(token, typ=BATCH).claims))


def _terms_of(manifest: Manifest) -> bytes:
    """Return as JSON who may have a batch's records, for what, and until when."""
    audience = manifest.audience
    return orjson.dumps(
        {
            "tlp": audience.tlp,
            "expires": wire_time(manifest.expires),
            "purposes": audience.purposes,
            "sectors": audience.sectors,
            "organisations": audience.organisations,
            "groups": audience.groups,
        }
    )


@contextmanager
def _sink(context: Context, out: Path | None) -> Iterator[BinaryIO]:
    if out is not None:
        with out.open("ab") as file:
            yield file
    elif context.is_json:
        with Path("/dev/null").open("wb") as file:
            yield file
    else:
        yield sys.stdout.buffer
