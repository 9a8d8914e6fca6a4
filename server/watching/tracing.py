"""Spans for OpenTelemetry, if the operator asks for them and `havre[otel]` is installed; otherwise nothing at all.

- Asked for by `OTEL_EXPORTER_OTLP_ENDPOINT` or `HAVRE_TRACES=1`; the other variables of the SDK hold as they are.
- A span carries words of this program alone; an exception is not recorded, because its text could repeat a value.
- A caller's `traceparent` is not read: it is not signed, and nobody but us names our traces.
"""

import os
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from opentelemetry.trace import Span, Tracer

_ASKED_BY = "OTEL_EXPORTER_OTLP_ENDPOINT"
_NOTHING: AbstractContextManager["Span | None"] = nullcontext()

log = structlog.get_logger()


class _Tracing:
    """The tracer of this process, once there is one."""

    tracer: "Tracer | None" = None


def set_up_traces(*, process: str, environment: Mapping[str, str] | None = None) -> None:
    """Send this process's spans to the operator's collector, if its environment asks for that.

    Called after a fork: the exporter is a thread.
    """
    source = os.environ if environment is None else environment
    if not source.get(_ASKED_BY) and source.get("HAVRE_TRACES") != "1":
        return
    try:
        # An extra: whoever asks for no traces needs none of it.
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415 - see above
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415 - see above
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415 - see above
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415 - see above
    except ImportError:
        log.warning("traces_unavailable", extra="otel")
        return
    provider = TracerProvider(resource=Resource.create({"service.name": f"havre-{process}"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    use_tracer(provider.get_tracer("havre"))


def use_tracer(tracer: "Tracer | None") -> None:
    """Make spans with `tracer` from now on; None: make none."""
    _Tracing.tracer = tracer


def span(name: str) -> AbstractContextManager["Span | None"]:
    """Return a context that is the span `name`, a constant; it gives None where nobody traces."""
    if _Tracing.tracer is None:
        return _NOTHING
    return _Tracing.tracer.start_as_current_span(name, record_exception=False, set_status_on_exception=False)
