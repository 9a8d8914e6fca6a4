"""A private PostgreSQL for one machine: what `havre-node up`, the tests, the demo and the bench run on.

The promises of this package:

* It is reached through a Unix socket that only the account that started it can open, and it asks the kernel who is
  at the other end (`peer`); no password exists, and no `trust`. A TCP port on 127.0.0.1 opens only when asked for,
  and then wants SCRAM.
* Nothing else on the machine changes: no account is made, no mode of a folder that we did not make.
* It ends with the process that started it, however that process ends (see `keeper`).
"""

from server.embedded.binaries import Binaries, find_binaries
from server.embedded.cluster import EmbeddedPostgres, running, start, temporary
from server.embedded.failures import AlreadyRunning, EmbeddedPostgresError, FolderClosed, NoBinaries, NotStarted

__all__ = [
    "AlreadyRunning",
    "Binaries",
    "EmbeddedPostgres",
    "EmbeddedPostgresError",
    "FolderClosed",
    "NoBinaries",
    "NotStarted",
    "find_binaries",
    "running",
    "start",
    "temporary",
]
