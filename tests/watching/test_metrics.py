"""Metrics are counted by words of this program, and served on the loopback alone."""

import http.client
import signal
import socket
import threading
import time

import pytest
from click.testing import CliRunner
from prometheus_client import CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families

from server.app import declared_features
from server.cli import main
from server.console.mounting import CONSOLE
from server.errors import every_refusal
from server.watching import metrics
from server.watching.asking import GAUGES, OF_API, DatabaseWatch
from server.watching.exporting import MetricsServer
from server.watching.listening import LOOPBACK, PortTaken, listen
from tests.http.serving import found_test_node, request_bytes, start_api
from tests.signals import a_batch, signals

MARK = "zebra5150"
NOWHERE = f"postgresql://havre_app@{LOOPBACK}:1/havre"


def sample(name, labels=None):
    return metrics.registry.get_sample_value(name, labels or {}) or 0.0


def label_values():
    return {
        (label, value)
        for family in metrics.registry.collect()
        for one in family.samples
        for label, value in one.labels.items()
        if label != "le"
    }


def test_an_exchange_is_counted_by_action_and_decision(hotline):
    labels = {"action": "read_whoami", "decision": "allowed"}
    before = sample("havre_exchanges_total", labels), sample("havre_exchange_seconds_count", {"action": "read_whoami"})
    hotline.get("/v1/whoami", purpose="audit")
    after = sample("havre_exchanges_total", labels), sample("havre_exchange_seconds_count", {"action": "read_whoami"})
    assert [b - a for a, b in zip(before, after, strict=True)] == [1, 1]


def test_a_refusal_is_counted_by_its_code(hotline):
    before = sample("havre_refusals_total", {"code": "not_found"})
    assert hotline.get("/v1/organisations/nobody.example", purpose="audit").status == 404
    assert sample("havre_refusals_total", {"code": "not_found"}) == before + 1


def test_the_records_of_a_push_are_counted_when_they_are_stored_and_not_again(hotline):
    before = sample("havre_pushed_records_total")
    batch = a_batch(hotline, signals(3))
    hotline.push(batch.document)
    hotline.push(batch.document)
    assert sample("havre_pushed_records_total") == before + 3


def test_no_label_holds_what_a_caller_chose(node, hotline):
    client = node.app.test_client()
    for method in ("GET", "ZEBRA5150", "HEAD"):
        client.open(f"/{MARK}/%00", method=method, base_url="https://node.example")
        client.open("/v1/whoami", method=method, base_url=f"https://{MARK}.example")
    headers = hotline.sign("GET", "/v1/whoami", purpose=MARK, as_name=f"{MARK}.example")
    hotline.raw("GET", "/v1/whoami", headers)
    features = declared_features(page_builds=2)
    actions = {endpoint.permission.value for feature in features for endpoint in feature.guarded}
    at_console = [page for part in CONSOLE for page in part.declared]
    actions |= {page.permission.value if page.permission else page.action for page in at_console}
    allowed = {
        "action": {*actions, "none", "public"},
        "decision": {"allowed", "refused"},
        "code": {refusal.code for refusal in every_refusal()},
        "result": {"held", "refused"},
        "state": {"open", "free"},
    }
    assert [each for each in label_values() if each[1] not in allowed[each[0]]] == []


def test_metrics_listen_on_the_loopback_alone():
    with listen(0) as listener:
        assert listener.getsockname()[0] == "127.0.0.1"


def test_a_server_of_metrics_refuses_a_socket_that_is_open_to_others():
    with socket.socket() as listener:
        listener.bind(("0.0.0.0", 0))  # noqa: S104 - the attack
        with pytest.raises(ValueError, match="loopback"):
            MetricsServer(listener, CollectorRegistry())


def test_a_port_that_is_taken_is_said_in_a_sentence():
    with listen(0) as taken, pytest.raises(PortTaken, match="Address already in use"):
        listen(taken.getsockname()[1])


@pytest.fixture
def serving():
    """Serve a registry, and ask it."""
    with MetricsServer(listen(0), metrics.registry) as server:
        threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


def ask(port, path="/metrics", *, method="GET", host=None):
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=5)
    try:
        connection.request(method, path, headers={"Host": host or f"{LOOPBACK}:{port}"})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def test_metrics_are_given_in_the_form_that_prometheus_reads(serving):
    status, text = ask(serving)
    assert status == 200
    assert "havre_exchanges" in {family.name for family in text_string_to_metric_families(text)}


@pytest.mark.parametrize("host", ["evil.example", "evil.example:9100", "127.0.0.1"])
def test_a_name_that_was_bound_to_the_loopback_by_a_web_page_gets_nothing(serving, host):
    assert ask(serving, host=host) == (421, "")


@pytest.mark.parametrize("path", [f"/{MARK}", "/", "/metrics?name[]=x"])
def test_nothing_else_is_there(serving, path):
    assert ask(serving, path) == (404, "")


def test_another_method_is_answered_without_repeating_it(serving):
    assert ask(serving, method=MARK.upper()) == (501, "")


def scraped(url, questions=OF_API):
    registry = CollectorRegistry()
    registry.register(DatabaseWatch(url, questions))
    return {(one.name, *one.labels.values()): one.value for family in registry.collect() for one in family.samples}


def test_a_database_that_is_down_is_told_at_once_and_nothing_else_of_it():
    began_at = time.monotonic()
    assert scraped(NOWHERE) == {("havre_database_up",): 0}
    assert time.monotonic() - began_at < 1


def test_a_database_that_takes_connections_and_says_nothing_is_told_as_down(monkeypatch):
    monkeypatch.setattr("server.watching.asking._DEADLINE_SECONDS", 0.2)
    with socket.socket() as silent:
        silent.bind((LOOPBACK, 0))
        silent.listen()
        url = f"postgresql://havre_app@{LOOPBACK}:{silent.getsockname()[1]}/havre"
        watch = DatabaseWatch(url, OF_API)
        began_at = time.monotonic()
        assert [family.samples[0].value for family in (*watch.collect(), *watch.collect())] == [0, 0]
        assert time.monotonic() - began_at < 1


def test_the_database_answers_every_question_to_the_role_of_the_api(node):
    told = scraped(node.settings.database_url)
    assert told["havre_database_unanswered",] == 0
    elsewhere = {
        "havre_jobs",
        "havre_worker_heartbeat_seconds",
        "havre_directory_expiry_hours",
        "havre_key_expiry_days",
    }
    assert {name for name, *_ in told} >= set(GAUGES) - elsewhere
    assert 89 < told["havre_statement_expiry_days", "node"] <= 90


def test_entries_that_wait_are_counted_with_the_age_of_the_oldest(node, hotline):
    hotline.get("/v1/whoami", purpose="audit")
    told = scraped(node.settings.database_url)
    assert told["havre_sequencer_lag_entries",] >= 1
    assert 0 <= told["havre_unplaced_oldest_seconds",] < 600


def test_asking_changes_nothing_even_by_a_question_that_tries(node):
    def write(db, _now):
        db.execute("DELETE FROM application")
        return []

    assert scraped(node.settings.database_url, [write])["havre_database_unanswered",] == 1


@pytest.mark.parametrize("port", ["0.0.0.0:9100", "[::]:9100", "0", "65536", "node.example"])
def test_only_a_port_may_be_named_never_an_address(port):
    ended = CliRunner().invoke(main, ["sequencer"], env={"HAVRE_METRICS_PORT": port})
    assert ended.exit_code == 2


@pytest.fixture
def api(database, tmp_path):
    with listen(0) as free:
        port = free.getsockname()[1]
    running = start_api(found_test_node(database, tmp_path), "--workers", "2", "--metrics-port", str(port))
    yield running, port
    running.stop()


def test_the_processes_of_an_api_are_added_up_by_one_exporter_that_ends_with_them(api):
    running, port = api
    for _ in range(4):
        with running.wire() as wire:
            wire.send(request_bytes("GET", f"/{MARK}", {}))
            assert wire.read_answer().status == 404
    with running.wire() as wire:
        wire.send(b"ZEBRA5150 /zebra5150 HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")
        assert wire.read_answer().status == 400
    status, text = ask(port)
    assert status == 200
    assert 'havre_refusals_total{code="not_found"} 4.0' in text
    assert 'havre_exchanges_total{action="none",decision="refused"} 5.0' in text
    assert "havre_database_up 1.0" in text
    assert MARK not in text.lower()
    running.process.send_signal(signal.SIGTERM)
    assert running.process.wait(40) == 0
    with pytest.raises(OSError, match="refused"):
        ask(port)
    assert MARK not in running.log_text().lower()
