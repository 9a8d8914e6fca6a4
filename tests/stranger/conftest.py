"""A live node, and strangers to it: a virtual environment that holds `cryptography` and nothing of ours."""

import json
import os
import subprocess
import venv
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib.metadata import distribution, files
from pathlib import Path

import pytest

from tests.conftest import a_database
from tests.exchanges import place
from tests.http.serving import NODE, ORIGIN, found_test_node, request_bytes, start_api
from tests.partners import Held, Partner

FOLDER = Path(__file__).parent


@pytest.fixture(scope="session")
def python(tmp_path_factory) -> Path:
    """The interpreter of a new virtual environment; its libraries are those of this run, so no index is asked."""
    folder = tmp_path_factory.mktemp("stranger") / "venv"
    venv.create(folder, symlinks=True, with_pip=False)
    target = next((folder / "lib").glob("python*/site-packages"))
    for library in ("cryptography", "cffi"):
        for name in {file.parts[0] for file in files(library) or [] if file.parts[0] != ".."}:
            (target / name).symlink_to(distribution(library).locate_file(name))
    (target / "sitecustomize.py").write_text(WAY)
    return folder / "bin" / "python"


# Stands for the name service and for TLS: what is asked at https://node.example goes to the node on this machine.
WAY = """
import http.client, os, urllib.request
class Way(urllib.request.HTTPSHandler):
    def https_open(self, request):
        return self.do_open(lambda host, **options: http.client.HTTPConnection(os.environ["NODE_ADDRESS"]), request)
urllib.request.install_opener(urllib.request.build_opener(Way))
"""


@dataclass(frozen=True, kw_only=True)
class Stranger:
    """Runs the stranger's program as its owner would, against the node behind `address`."""

    python: Path
    file: Path
    address: str

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [str(self.python), *arguments],
            env={"PATH": os.environ["PATH"], "NODE_ADDRESS": self.address},
            cwd=self.file.parent,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def tries(self, act: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
        return self.run(str(FOLDER / "partner.py"), act, str(self.file), *arguments)

    def does(self, act: str, *arguments: str) -> str:
        """Return what it printed, once it has ended well."""
        ended = self.tries(act, *arguments)
        assert ended.returncode == 0, ended.stderr
        return ended.stdout.strip()

    def shares(self, kind: str, **record: object) -> str:
        return self.does("push", kind, json.dumps(record))

    @property
    def kept(self) -> dict:
        return json.loads(self.file.read_text())


@pytest.fixture(scope="module")
def api(postgres, template, tmp_path_factory):
    with a_database(postgres, template) as database:
        running = start_api(found_test_node(database, tmp_path_factory.mktemp("node")))
        yield running
        running.stop()


@pytest.fixture(scope="module")
def join(api, python, tmp_path_factory) -> Callable[..., Stranger]:
    """Let a stranger apply, and both operators approve of it."""
    operators = Partner(None, NODE, home={"node": NODE, "origin_url": ORIGIN})

    def joined(name: str, sector: str) -> Stranger:
        file = tmp_path_factory.mktemp("stranger") / "partner.json"
        file.write_text(json.dumps({"url": ORIGIN, "name": name, "roots": {NODE: api.node.root_thumbprint}}))
        one = Stranger(python=python, file=file, address=f"127.0.0.1:{api.address[1]}")
        statement = one.does("join", sector)
        for key in (api.node.operator, api.node.second_operator):
            body = json.dumps({"approval": operators.approval("admit", statement, by=Held(key=key))}).encode()
            as_operator = replace(api, node=replace(api.node, operator=key))
            headers = as_operator.signed("POST", "/v1/approvals", body=body) | {"Content-Length": str(len(body))}
            answer = api.ask(request_bytes("POST", "/v1/approvals", headers, body))
            assert answer.status == 201, answer.body
        return one

    return joined


@pytest.fixture(scope="module")
def placed(api) -> Callable[[], int]:
    """Let the sequencer give places to all that waits."""
    return lambda: place(api.node)
