"""The SDK of a drill's partner, over real sockets, and what its state must equal: what the node has."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from client.home import Config, Home
from client.partner import Partner
from client.wire import Patience
from tests import partners
from tests.drills.nodes import DrillNode
from tests.partners import FEDERATION

PURPOSE = "detection"
AT_ONCE = Patience(attempts=1, seconds=5)
PATIENT = Patience(attempts=40, seconds=60)


def a_home(node: DrillNode, simulated: partners.Partner) -> Home:
    """A fresh home of `simulated`'s SDK, with its keys; it goes with the folder of the node."""
    home = Home(Path(tempfile.mkdtemp(prefix="sdk-", dir=node.folder)))
    home.create()
    home.write_config(
        Config(
            organisation=simulated.name,
            federation=FEDERATION,
            node=node.simulated.settings.node,
            origin_url=node.simulated.settings.origin_url,
            node_root=node.simulated.organisation.root.thumbprint,
        )
    )
    home.add_key("exchange", simulated.exchange.key)
    home.add_key("record", simulated.record.key)
    return home


@contextmanager
def opened(home: Home, *, patience: Patience = AT_ONCE) -> Iterator[Partner]:
    """Open the SDK over its home, as after a restart of the partner's program."""
    with Partner.open(home.path, patience=patience) as partner:
        yield partner


def pull_all(home: Home) -> None:
    """Pull whatever is there."""
    with opened(home, patience=PATIENT) as partner:
        for _ in partner.pull(purpose=PURPOSE):
            pass


def live_lines(home: Home) -> list[bytes]:
    """The lines of the records that are live in the SDK's state, sorted."""
    with opened(home) as partner:
        return sorted(record.line for record in partner.live_records())


def lines_of_node(db: "psycopg.Connection[Any]") -> list[bytes]:
    """The lines of the records that are live at the node, sorted, cut from the stored documents."""
    return sorted(
        line
        for (line,) in db.execute(
            """
            SELECT substring(batch.document FROM record.line_start + 1 FOR record.line_length)
              FROM record
              JOIN batch USING (batch_id)
             WHERE record.is_current AND NOT record.is_withdrawn
            """
        )
    )
