"""A partner whose program knows docs/protocol.md and docs/records.md, and none of our code."""

import ast
import importlib.util
import io
import json
import tokenize
from hashlib import sha256

import pytest
from cryptography.exceptions import InvalidSignature

from tests.stranger.conftest import FOLDER

PROGRAMS = ("partner.py", "joining.py")
MOST_LINES = 205


def values(*names):
    return [sha256(f"synthetic {name}".encode()).hexdigest() for name in names]


def lines_of_code(text):
    """How many lines hold code: neither blank nor comment nor docstring."""
    said = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Expr)]
    words = {
        number
        for node in said
        if isinstance(node.value, ast.Constant)
        for number in range(node.lineno, node.end_lineno + 1)
    }
    silent = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return len({token.start[0] for token in tokens if token.type not in silent} - words)


@pytest.fixture(scope="module")
def hotline(join):
    return join("hotline.example", "hotline")


@pytest.fixture(scope="module")
def platform(join):
    return join("platform.example", "platform")


@pytest.fixture(scope="module")
def names(hotline, platform, placed):
    """Two records of the hotline, in one batch each, which the platform has pulled."""
    made = [*hotline.does("push", *values("one", "two")), *hotline.does("push", *values("three"))]
    placed()
    platform.does("pull")
    return made


@pytest.fixture
def reader(platform, names, api, monkeypatch, tmp_path):
    """The platform's program within this process, with nothing pulled, for a test to stand between it and the node."""
    spec = importlib.util.spec_from_file_location("stranger_partner", FOLDER / "partner.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setenv("HAVRE_CONNECT", f"http://{platform.address}")
    file = tmp_path / "reader.json"
    file.write_text(json.dumps(platform.kept | {"streams": {}, "records": {}, "next": None}))
    return module.Partner(file)


def test_both_programs_together_are_short() -> None:
    assert sum(lines_of_code((FOLDER / name).read_text()) for name in PROGRAMS) <= MOST_LINES


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_imports_the_standard_library_cryptography_and_its_sibling(name) -> None:
    tree = ast.walk(ast.parse((FOLDER / name).read_text()))
    found = {alias.name for node in tree if isinstance(node, ast.Import) for alias in node.names}
    tree = ast.walk(ast.parse((FOLDER / name).read_text()))
    found |= {node.module for node in tree if isinstance(node, ast.ImportFrom)}
    ours = {"bench", "client", "crypto", "schemas", "server", "tests"}
    assert {each.partition(".")[0] for each in found} & ours == set()


def test_the_strangers_environment_has_none_of_our_code(hotline) -> None:
    probe = hotline.file.with_name("probe.py")
    probe.write_text("import cryptography, crypto")
    assert "No module named 'crypto'" in hotline.run(str(probe)).stderr


def test_what_one_stranger_pushes_another_pulls_and_judges(platform, names) -> None:
    assert platform.kept["records"][names[0]]["record"]["value"] == values("one")[0]
    assert set(names) <= set(platform.kept["records"])


def test_a_second_pull_brings_nothing_twice_and_goes_on_where_the_first_ended(platform, names) -> None:
    before = platform.kept
    platform.does("pull")
    assert platform.kept == before | {"next": platform.kept["next"]}


def test_an_opinion_reaches_the_origin_of_its_record(hotline, platform, names, placed) -> None:
    (opinion,) = platform.does("opine", names[0], "confirmed")
    placed()
    assert opinion in hotline.does("pull")
    held = hotline.kept["records"][opinion]["record"]
    assert (held["verdict"], f"{held['about']['origin']}/{held['about']['id']}") == ("confirmed", names[0])


def test_a_stranger_that_is_told_another_root_does_not_begin(api, hotline) -> None:
    other = sha256(b"another root").hexdigest()[:43]
    ended = hotline.run("joining.py", "other.json", "https://node.example", other, "ngo.example", "ngo")
    assert "not the root that was pinned" in ended.stderr


def altered_value(page):
    return [line.replace(b'"image"', b'"video"') for line in page]


def dropped_line(page):
    return [*page[:2], *page[3:]]


def swapped_lines(page):
    return [*page[:2], page[3], page[2], *page[4:]]


def dropped_batch(page):
    second = next(n for n, line in enumerate(page) if n and line.startswith(b'{"manifest"'))
    return [*page[:2], *page[2:second], *page[2:second], *page[second:]]


def doubled_batch(page):
    second = next(n for n, line in enumerate(page) if n and line.startswith(b'{"manifest"'))
    return [*page[:second], *page]


def batches_in_another_order(page):
    second = next(n for n, line in enumerate(page) if n and line.startswith(b'{"manifest"'))
    return [*page[second:-1], *page[:second], page[-1]]


def another_batchs_acceptance(page):
    second = next(n for n, line in enumerate(page) if n and line.startswith(b'{"manifest"'))
    return [page[0], page[second + 1], *page[2:]]


WAYS = (
    altered_value,
    dropped_line,
    swapped_lines,
    dropped_batch,
    doubled_batch,
    batches_in_another_order,
    another_batchs_acceptance,
)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_a_page_that_a_node_has_bent_is_refused_and_nothing_of_it_is_kept(reader, monkeypatch, way) -> None:
    ask = reader.ask

    def bent(method, target, *rest):
        content = ask(method, target, *rest)
        return b"".join(way(content.splitlines(keepends=True))) if target.startswith("/v1/feed") else content

    before = reader.file.read_text()
    monkeypatch.setattr(reader, "ask", bent)
    with pytest.raises((ValueError, InvalidSignature)):
        reader.pull()
    assert reader.file.read_text() == before


def test_a_control_line_of_a_later_release_is_skipped(reader, monkeypatch, names) -> None:
    ask = reader.ask

    def longer(method, target, *rest):
        content = ask(method, target, *rest)
        return content.replace(b'{"page"', b'{"later":1}\n{"page"') if target.startswith("/v1/feed") else content

    monkeypatch.setattr(reader, "ask", longer)
    reader.pull()
    assert set(names) <= set(reader.kept["records"])


def test_the_same_page_unbent_is_taken(reader, names) -> None:
    reader.pull()
    assert set(names) <= set(reader.kept["records"])


@pytest.mark.parametrize("name", ["content-type", "havre-receipt", "signature-input", "signature"])
def test_an_answer_with_another_header_is_refused(reader, monkeypatch, name) -> None:
    send = reader.send

    def bent(*request):
        answer = send(*request)
        value = answer.headers[name]
        answer.headers.replace_header(name, value.replace(value[len(value) // 2], "~"))
        return answer

    monkeypatch.setattr(reader, "send", bent)
    with pytest.raises((ValueError, InvalidSignature, AttributeError, KeyError)):
        reader.pull()


def test_an_answer_to_another_request_is_refused(reader, monkeypatch) -> None:
    send, kept = reader.send, []

    def replayed(*request):
        kept.append(send(*request))
        return kept[0]

    monkeypatch.setattr(reader, "send", replayed)
    with pytest.raises((ValueError, InvalidSignature)):
        reader.pull()
