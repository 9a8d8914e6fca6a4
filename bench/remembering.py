"""page_memory_mb: the peak of one worker process that sends two largest pages at once, in MiB.

An api of one worker is started for it; `VmHWM` of the worker is the most memory that it ever held, everything counted.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from pathlib import Path

from bench.partners import Partner
from bench.raw_http import Connection
from bench.surroundings import Surroundings, api, free_port

LARGEST = 50_000
_KIB_OF_A_MIB = 1024


def peak(surroundings: Surroundings, readers: Sequence[Partner], *, rounds: int) -> tuple[float, float, int]:
    """Return the worker's memory before, its peak (both MiB) while all `readers` pull, and the largest page's bytes.

    Each reader is an organisation of its own: one organisation holds one page at a time.
    """
    port = free_port()
    with api(surroundings, port=port, workers=1) as master, ThreadPoolExecutor(len(readers)) as pool:
        # One small answer first: what the application itself needs.
        _pull(surroundings, readers[0], port, limit=1)
        before = _worker_memory(master)
        largest = 0
        for _ in range(rounds):
            asked = [pool.submit(_pull, surroundings, reader, port, limit=LARGEST) for reader in readers]
            largest = max(largest, *(each.result() for each in asked))
        return before, _worker_memory(master), largest


def _pull(surroundings: Surroundings, partner: Partner, port: int, *, limit: int) -> int:
    with Connection(port) as connection:
        answer = connection.send(surroundings.request(partner, "GET", f"/v1/feed?limit={limit}", purpose="detection"))
    if answer.status != HTTPStatus.OK:
        raise RuntimeError(f"a pull was answered {answer.status}")
    return answer.length


def _worker_memory(master: int) -> float:
    children = Path(f"/proc/{master}/task/{master}/children").read_text().split()
    peaks = [_high_water(int(child)) for child in children]
    if not peaks:
        raise RuntimeError("the api has no worker")
    return max(peaks)


def _high_water(process_id: int) -> float:
    for line in Path(f"/proc/{process_id}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / _KIB_OF_A_MIB
    raise RuntimeError("the kernel does not tell a process's peak")
