"""`havre records`, `havre verify`."""

import sys
from functools import lru_cache
from pathlib import Path
from typing import Any

import orjson
import rich_click as click

from client.columns import Shown
from client.commands.selecting import selected, with_feed_filter, with_output, with_selection
from client.commands.telling import Context, pass_context, with_json
from client.failures import NotConfigured
from client.judging import load_manifest
from client.words import pulling
from client.writing import open_writer
from crypto.documents import BATCH, read_document
from schemas.manifests import Manifest


@click.command(help=pulling.RECORDS())
@click.option("--set-aside", "is_set_aside", is_flag=True, help=pulling.SET_ASIDE())
@with_feed_filter
@with_selection
@with_output()
@pass_context
def records(context: Context, /, *, format_: Any, output: Path | None, **options: Any) -> None:
    """Write the live records that are known here."""
    chosen = {**selected(options), **options}
    with (
        context.partner() as partner,
        open_writer(format_, output, standard=sys.stdout.buffer) as writer,
    ):
        for one in partner.records(**chosen):
            writer.write(Shown(origin=one.origin, line=one.line, manifest=_manifest(one.manifest)))
        writer.flush()


@click.command(help=pulling.VERIFY())
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@with_json
@pass_context
def verify(context: Context, /, *, file: Path) -> None:
    """Verify a saved page or batch file offline."""
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
    words = pulling.GENUINE(batches=len(found.batches), records=found.records, origins=", ".join(origins))
    if found.set_aside:
        words += pulling.GENUINE_ASIDE(set_aside=found.set_aside)
    context.tell(result, words)


@lru_cache(maxsize=1024)
def _manifest(token: str) -> Manifest:
    """Return a kept manifest: it was verified before it was kept."""
    return load_manifest(read_document(token, typ=BATCH).claims)
