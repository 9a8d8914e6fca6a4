"""Spans say what was done and how it ended, with words of this program alone; nobody who does not ask pays for them."""

import sys

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from server.watching import tracing
from server.watching.exchanges import Watched
from tests.exchanges import feed_path, place
from tests.partners import an_id
from tests.signals import a_batch, signals

MARK = "zebra5150"


@pytest.fixture
def spans():
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracing.use_tracer(provider.get_tracer("test"))
    yield exporter
    tracing.use_tracer(None)
    provider.shutdown()


def named(spans, name):
    return [span for span in spans.get_finished_spans() if span.name == name]


def test_an_exchange_is_a_span_with_its_transaction_inside(hotline, spans):
    hotline.get("/v1/whoami", purpose="audit")
    (outer,), (inner,) = named(spans, "exchange"), named(spans, "exchange_transaction")
    assert inner.parent.span_id == outer.context.span_id
    assert dict(outer.attributes) == {
        "havre.action": "read_whoami",
        "havre.decision": "allowed",
        "havre.status": 200,
    }


def test_a_page_and_a_step_of_the_sequencer_are_spans(node, hotline, spans):
    hotline.push(a_batch(hotline, signals(1)).document)
    place(node)
    hotline.get(feed_path(), purpose="detection")
    assert len(named(spans, "page_build")) == 1
    assert len(named(spans, "sequencer_step")) == 1


def test_what_a_caller_sent_is_in_no_span(hotline, spans):
    headers = hotline.sign("GET", f"/v1/feed?{MARK}={MARK}", purpose=MARK)
    trace = {"traceparent": "00-5eb4a51505eb4a51505eb4a51505eb4a-5eb4a51505eb4a51-01", "baggage": f"a={MARK}"}
    hotline.raw("GET", f"/v1/feed?{MARK}={MARK}", headers | trace)
    told = "".join(span.to_json() for span in spans.get_finished_spans())
    assert "exchange" in told
    assert MARK not in told
    assert "5eb4a5150" not in told


def test_the_text_of_an_exception_is_in_no_span(spans):
    with pytest.raises(ValueError, match=MARK), Watched(request_id=an_id(), action="read_whoami"):
        raise ValueError(MARK)
    (span,) = named(spans, "exchange")
    assert MARK not in span.to_json()
    assert span.attributes["havre.code"] == "internal_error"


def test_without_a_collector_there_is_nothing_to_pay_for():
    tracing.set_up_traces(process="api", environment={})
    assert tracing.span("exchange") is tracing.span("page_build")


def test_traces_that_cannot_be_sent_are_said_and_stop_nothing(monkeypatch, log):
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.resources", None)
    tracing.set_up_traces(process="api", environment={"HAVRE_TRACES": "1"})
    assert [event["extra"] for event in log.named("traces_unavailable")] == ["otel"]
    assert tracing.span("exchange") is tracing.span("page_build")
