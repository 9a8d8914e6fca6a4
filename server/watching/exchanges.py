"""Tell operators of each exchange, once: one event, its counters, its span.

What is told: id of the request, action, decision, code, the log entry's reason, status, time taken, and the
organisation if it is a member. Never: path, query, header text, ids of records, values, key material. The name of a
stranger is what the stranger chose, so it is not told either.
"""

import time
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import cache
from http import HTTPStatus
from types import TracebackType
from typing import TYPE_CHECKING, Self
from uuid import UUID

import structlog
from prometheus_client import Counter, Histogram

from server.access import Permission
from server.errors import Refusal
from server.watching import metrics, tracing
from server.web.exchange import Caller

if TYPE_CHECKING:
    from opentelemetry.trace import Span

ALLOWED = "allowed"
REFUSED = "refused"
# Actions of what has no permission: requests that never reached an endpoint, and endpoints that need none.
NONE = "none"
PUBLIC = "public"

_PUSHES = frozenset({Permission.PUSH_BATCH.value})

log = structlog.get_logger()


@dataclass(kw_only=True, slots=True)
class Watched:
    """One exchange behind the guard while it runs; `action` is its permission.

    `code` is the refusal's, None where it is allowed; `reason` is what its entry says; `pushed_records` were stored.
    """

    request_id: UUID
    action: str
    organisation: str | None = None
    code: str | None = None
    reason: str | None = None
    pushed_records: int = 0
    status: int = HTTPStatus.INTERNAL_SERVER_ERROR
    _began_at: float = field(default=0.0, init=False)
    _span: "AbstractContextManager[Span | None]" = field(default_factory=lambda: tracing.span("exchange"), init=False)
    _traced: "Span | None" = field(default=None, init=False)

    def __enter__(self) -> Self:
        self._began_at = time.perf_counter()
        self._traced = self._span.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None and self.code is None:
            self.code = "internal_error"
        self._tell(time.perf_counter() - self._began_at)
        self._span.__exit__(kind, error, trace)

    def refused_with(self, refusal: Refusal) -> None:
        """Take down why it was refused: the code, and the constant token that its entry would say."""
        self.code, self.reason = refusal.code, getattr(refusal, "reason", None)

    def entered(self, caller: Caller | None, *, refusal: Refusal | None, records: int | None) -> None:
        """Take down what its entry says; `records` are those of a push or of an answer."""
        if refusal is not None:
            self.refused_with(refusal)
        if caller is not None and caller.organisation_id is not None:
            self.organisation = caller.organisation
        if self.action in _PUSHES and records is not None:
            self.pushed_records = records

    def _tell(self, seconds: float) -> None:
        decision = ALLOWED if self.code is None else REFUSED
        count, took = _counted(self.action, decision)
        count.inc()
        took.observe(seconds)
        if self.code is not None:
            metrics.refusals.labels(self.code).inc()
        elif self.pushed_records:
            metrics.pushed_records.inc(self.pushed_records)
        told: dict[str, str | int | None] = {
            "action": self.action,
            "decision": decision,
            "code": self.code,
            "reason": self.reason,
            "status": int(self.status),
        }
        log.info(
            "exchange_answered",
            request_id=str(self.request_id),
            organisation=self.organisation,
            duration_ms=round(seconds * 1000, 2),
            **told,
        )
        if self._traced is not None:
            self._traced.set_attributes({f"havre.{name}": value for name, value in told.items() if value is not None})


@cache
def _counted(action: str, decision: str) -> tuple[Counter, Histogram]:
    """Return what counts such exchanges: to find it costs more than to count."""
    return metrics.exchanges.labels(action, decision), metrics.exchange_seconds.labels(action)


def turned_away(request_id: UUID, *, code: str) -> None:
    """Tell of a request that reached no endpoint behind the guard: another path, another method, our own fault."""
    metrics.exchanges.labels(NONE, REFUSED).inc()
    metrics.refusals.labels(code).inc()
    log.info("request_turned_away", request_id=str(request_id), code=code)


def malformed(*, code: str) -> None:
    """Count a request that was refused before the application saw it; the server tells of it itself."""
    metrics.exchanges.labels(NONE, REFUSED).inc()
    metrics.refusals.labels(code).inc()


def published() -> None:
    """Count an answer of a public endpoint; probes come all the time, so the log says nothing."""
    metrics.exchanges.labels(PUBLIC, ALLOWED).inc()
