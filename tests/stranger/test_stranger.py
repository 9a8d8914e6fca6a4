"""A partner whose program knows docs/protocol.md and docs/records.md, and none of our code."""

import ast
import http.client
import importlib.util
import json
import sys
import urllib.request
from base64 import urlsafe_b64encode
from dataclasses import replace
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import pairwise
from threading import Thread

import pytest
from cryptography.exceptions import InvalidSignature

from tests.http.serving import NODE
from tests.stranger.conftest import FOLDER

PROGRAM = FOLDER / "partner.py"
REFUSALS = (SystemExit, ValueError, InvalidSignature, KeyError, AttributeError, StopIteration)


def value(name):
    return sha256(f"synthetic {name}".encode()).hexdigest()


def a_signal(name):
    found = {"scheme": "iwf", "value": "A", "assessed_by": "one_person", "assessed_at": "2026-11-01"}
    about = {"media": "image", "ai": {}, "origin_of_report": "proactive", "classifications": [found]}
    return about | {"signal_type": "sha256", "value": value(name)}


@pytest.fixture(scope="module")
def hotline(join):
    return join("hotline.example", "hotline")


@pytest.fixture(scope="module")
def platform(join):
    return join("platform.example", "platform")


@pytest.fixture(scope="module")
def names(hotline, platform, placed):
    """Three records of the hotline, in a batch each, which the platform has pulled."""
    made = [hotline.shares("signal", **a_signal(name)) for name in ("one", "two", "three")]
    placed()
    platform.does("pull")
    return made


@pytest.fixture
def program(platform, monkeypatch):
    """The program within this process, for a test to stand between it and the node."""
    spec = importlib.util.spec_from_file_location("stranger_partner", PROGRAM)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    def there(request):
        if isinstance(request, str):
            request = urllib.request.Request(request)  # noqa: S310 - the node's own https origin
        request.add_header("host", request.host)
        request.full_url = f"http://{platform.address}{request.selector}"
        return opener.open(request)

    opener = urllib.request.build_opener()
    monkeypatch.setattr(urllib.request, "urlopen", there)
    return module


@pytest.fixture
def reader(program, platform, three):
    """The platform's partner, with nothing pulled yet."""
    return program.Partner(platform.kept | {"streams": {}, "records": {}, "next": ""})


@pytest.fixture
def three(program, hotline, names, placed):
    """The ids of a batch of three records, which is more than the program itself puts in one."""
    origin = program.Partner(hotline.kept)
    every = {"kind": "signal", "revision": 1, "status": "active", "salt": "A" * 22}
    records = [every | {"id": program.uuid7()} | a_signal(f"{program.uuid7()}") for _ in range(3)]
    lines = [program.canonical(record) for record in records]
    leaves = [sha256(b"\0" + line).digest() for line in lines]
    audience = {"tlp": "GREEN", "groups": [], "organisations": [], "sectors": [], "purposes": []}
    claims = origin.mine | {"jti": program.uuid7(), "iat": program.now(), "kind": "signal", "schema": "signal/1"}
    claims |= {"audience": audience, "about": None, "expires": program.moment(program.now() + 86_400)}
    claims |= {"count": 3, "root": program.b64(program.tree(leaves))}
    manifest = program.sealed(origin.keys["record"], "batch", claims)
    document = b"".join(line + b"\n" for line in (program.canonical({"manifest": manifest}), *lines))
    origin.ask("/v1/batches", "contribution", document, "application/x-ndjson")
    placed()
    return [f"hotline.example/{record['id']}" for record in records]


def test_the_program_is_one_file_of_less_than_150_lines() -> None:
    assert len(PROGRAM.read_text().splitlines()) < 150


def test_the_program_imports_the_standard_library_and_cryptography_alone() -> None:
    tree = list(ast.walk(ast.parse(PROGRAM.read_text())))
    found = {alias.name for node in tree if isinstance(node, ast.Import) for alias in node.names}
    found |= {node.module for node in tree if isinstance(node, ast.ImportFrom)}
    assert {each.partition(".")[0] for each in found} <= set(sys.stdlib_module_names) | {"cryptography"}


def test_the_strangers_environment_has_none_of_our_code(hotline) -> None:
    probe = hotline.file.with_name("probe.py")
    probe.write_text("import cryptography, crypto")
    assert "No module named 'crypto'" in hotline.run(str(probe)).stderr


def test_what_one_stranger_pushes_another_pulls_and_judges(platform, names) -> None:
    assert platform.kept["records"][names[0]]["value"] == value("one")
    assert set(names) <= set(platform.kept["records"])


def test_a_second_pull_brings_nothing_twice_and_goes_on_where_the_first_ended(platform, names) -> None:
    before = platform.kept
    platform.does("pull")
    assert platform.kept == before | {"next": platform.kept["next"]}


def test_an_opinion_reaches_the_origin_of_its_record(hotline, platform, names, placed) -> None:
    origin, number = names[0].split("/")
    about = {"origin": origin, "id": number, "revision": 1}
    opinion = platform.shares("opinion", about=about, verdict="confirmed", reviewed_by="one_person")
    placed()
    hotline.does("pull")
    held = hotline.kept["records"][opinion]
    assert (held["verdict"], held["about"]) == ("confirmed", about)


def test_a_stranger_that_is_told_another_root_does_not_begin(hotline, tmp_path) -> None:
    other = replace(hotline, file=tmp_path / "other.json")
    told = {"url": hotline.kept["url"], "name": "ngo.example", "roots": {NODE: sha256(b"another").hexdigest()[:43]}}
    other.file.write_text(json.dumps(told))
    assert "the root that was pinned" in other.tries("join", "ngo").stderr
    assert other.kept == told


@pytest.fixture
def bending(platform):
    """A way to the node on which somebody changes a word of every feed."""
    to = platform.address

    class Way(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            onward = http.client.HTTPConnection(to)
            onward.request("GET", self.path, headers=dict(self.headers))
            answer = onward.getresponse()
            content = answer.read()
            self.send_response(answer.status)
            for name, text in answer.getheaders():
                self.send_header(name, text)
            self.end_headers()
            self.wfile.write(content.replace(b'"image"', b'"video"') if "/feed" in self.path else content)

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Way)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_page_that_was_changed_on_its_way_leaves_the_file_as_it_was(platform, names, bending, tmp_path) -> None:
    one = replace(platform, file=tmp_path / "new.json", address=bending)
    one.file.write_text(json.dumps(platform.kept | {"streams": {}, "records": {}, "next": ""}))
    before = one.file.read_text()
    assert "InvalidSignature" in one.tries("pull").stderr or "an answer to this" in one.tries("pull").stderr
    assert one.file.read_text() == before


def first_of(page, least):
    """Where the first batch of at least so many records begins, and where it ends."""
    starts = [n for n, line in enumerate(page) if line.startswith((b'{"manifest"', b'{"page"'))]
    return next((start, stop) for start, stop in pairwise(starts) if stop - start - 2 >= least)


def altered_value(page):
    return [line.replace(b'"image"', b'"video"') for line in page]


def dropped_line(page):
    start, _ = first_of(page, 3)
    return [*page[: start + 2], *page[start + 3 :]]


def dropped_lines(page):
    start, stop = first_of(page, 1)
    return [*page[: start + 2], *page[stop:]]


def swapped_lines(page):
    start, _ = first_of(page, 3)
    return [*page[: start + 2], page[start + 3], page[start + 2], *page[start + 4 :]]


def dropped_batch(page):
    start, stop = first_of(page[3:], 1)
    return [*page[:3], *page[3:][:start], *page[3:][stop:]]


def doubled_batch(page):
    start, stop = first_of(page, 1)
    return [*page[:stop], *page[start:]]


def batches_in_another_order(page):
    start, stop = first_of(page, 1)
    return [*page[stop:-1], *page[start:stop], page[-1]]


def another_batchs_acceptance(page):
    _, stop = first_of(page, 1)
    return [page[0], page[stop + 1], *page[2:]]


def a_stream_that_ended(page):
    return [b'{"ended":{"streams":[],"reason":"left_group"}}\n', *page]


WAYS = (
    altered_value,
    dropped_line,
    dropped_lines,
    swapped_lines,
    dropped_batch,
    doubled_batch,
    batches_in_another_order,
    another_batchs_acceptance,
    a_stream_that_ended,
)


def bend(monkeypatch, reader, path, way):
    """Let what a node signed for this path reach the reader as `way` makes it."""
    ask = reader.ask

    def bent(target, *rest):
        content = ask(target, *rest)
        return way(content) if target.startswith(path) else content

    monkeypatch.setattr(reader, "ask", bent)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_a_page_that_a_node_has_bent_is_refused(reader, monkeypatch, way) -> None:
    bend(monkeypatch, reader, "/v1/feed", lambda content: b"".join(way(content.splitlines(keepends=True))))
    with pytest.raises(REFUSALS):
        reader.pull()


def test_a_control_line_of_a_later_release_is_skipped(reader, monkeypatch, names) -> None:
    bend(monkeypatch, reader, "/v1/feed", lambda content: content.replace(b'{"page"', b'{"later":1}\n{"page"'))
    reader.pull()
    assert set(names) <= set(reader.kept["records"])


def test_the_same_page_unbent_is_taken(reader, names, three) -> None:
    reader.pull()
    assert {*names, *three} <= set(reader.kept["records"])


def test_a_line_that_the_node_has_erased_counts_by_its_leaf(reader, monkeypatch, three) -> None:
    number = three[1].partition("/")[2].encode()

    def erased(content):
        lines = content.splitlines(keepends=True)
        place = next(n for n, line in enumerate(lines) if number in line)
        leaf = urlsafe_b64encode(sha256(b"\0" + lines[place][:-1]).digest()).rstrip(b"=")
        return b"".join([*lines[:place], b'{"erased":"' + leaf + b'"}\n', *lines[place + 1 :]])

    bend(monkeypatch, reader, "/v1/feed", erased)
    reader.pull()
    assert [name in reader.kept["records"] for name in three] == [True, False, True]


def statements(way):
    """Bend an answer's list of statements."""
    return lambda content: json.dumps({"statements": way(json.loads(content)["statements"])}).encode()


def test_an_origin_without_the_statement_that_was_named_is_refused(reader, monkeypatch) -> None:
    bend(monkeypatch, reader, "/v1/organisations/hotline.example", statements(lambda _: []))
    with pytest.raises((*REFUSALS, UnboundLocalError)):
        reader.pull()


def test_a_statement_told_twice_is_no_chain(reader, monkeypatch) -> None:
    bend(monkeypatch, reader, "/v1/organisations/hotline.example", statements(lambda said: said * 2))
    with pytest.raises(SystemExit, match="chain of statements"):
        reader.pull()


def test_another_members_statements_are_refused(reader, monkeypatch, platform) -> None:
    other = reader.ask("/v1/organisations/platform.example", "detection")
    bend(monkeypatch, reader, "/v1/organisations/hotline.example", lambda _: other)
    with pytest.raises(SystemExit, match="chain of statements"):
        reader.pull()


def test_another_root_than_the_one_that_was_seen_first_is_refused(reader) -> None:
    reader.kept["roots"]["hotline.example"] = reader.kept["roots"]["node.example"]
    with pytest.raises(SystemExit, match="seen first"):
        reader.pull()


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("use", {"use": "exchange"}),
        ("from", {"from": "2126-01-01T00:00:00Z"}),
        ("until", {"until": "2026-01-01T00:00:00Z"}),
    ],
)
def test_a_key_that_does_not_hold_signs_nothing(reader, program, name, changed) -> None:
    key = next(key for key in reader.node["keys"] if key["use"] == "node")
    said = reader.node | {"keys": [key | changed]}
    with pytest.raises((SystemExit, StopIteration)):
        program.key_at(said, said, "node", f"node.example/{program.thumb(key['jwk'])}", program.moment(program.now()))


def test_a_revoked_key_signs_nothing(reader, program) -> None:
    key = next(key for key in reader.node["keys"] if key["use"] == "node")
    thumbprint = program.thumb(key["jwk"])
    newest = reader.node | {"revoked": [{"thumbprint": thumbprint, "at": "2026-01-01T00:00:00Z", "reason": "retired"}]}
    with pytest.raises(SystemExit, match="holds then"):
        program.key_at(reader.node, newest, "node", f"node.example/{thumbprint}", program.moment(program.now()))


@pytest.mark.parametrize("name", ["content-type", "havre-receipt", "signature-input", "signature"])
def test_an_answer_with_another_header_is_refused(reader, monkeypatch, name) -> None:
    send = urllib.request.urlopen

    def bent(request):
        answer = send(request)
        value = answer.headers[name]
        answer.headers.replace_header(name, value.replace(value[len(value) // 2], "~"))
        return answer

    monkeypatch.setattr(urllib.request, "urlopen", bent)
    with pytest.raises(REFUSALS):
        reader.pull()


def test_an_answer_to_another_request_is_refused(reader, monkeypatch) -> None:
    send = urllib.request.urlopen
    first = []

    def replayed(request):
        if not first:
            first.append(send(request))
        return first[0]

    monkeypatch.setattr(urllib.request, "urlopen", replayed)
    reader.ask("/v1/feed", "detection")
    with pytest.raises(REFUSALS):
        reader.ask("/v1/feed", "detection")


def test_a_document_that_another_key_signed_is_refused(reader, program) -> None:
    root, record = reader.keys["root"], reader.keys["record"]
    mine, other = (program.sealed(key, "batch", reader.mine) for key in (root, record))
    with pytest.raises(SystemExit, match="header of a batch"):
        program.opened(other, "batch", program.jwk_of(root))
    with pytest.raises(InvalidSignature):
        program.opened(f"{mine.rpartition('.')[0]}.{other.rpartition('.')[2]}", "batch", program.jwk_of(root))


def test_a_document_of_another_kind_is_refused(reader, program) -> None:
    root = reader.keys["root"]
    with pytest.raises(SystemExit, match="header of a statement"):
        program.opened(program.sealed(root, "batch", reader.mine), "statement", program.jwk_of(root))


def test_a_first_batch_under_the_acceptance_of_another_is_refused(reader, monkeypatch) -> None:
    def bent(content):
        page = content.splitlines(keepends=True)
        (start, stop), accepted = first_of(page, 1), page[first_of(page, 3)[0] + 1]
        return b"".join([page[start], accepted, *page[start + 2 : stop], page[-1]])

    bend(monkeypatch, reader, "/v1/feed", bent)
    with pytest.raises(SystemExit, match="its place"):
        reader.pull()
