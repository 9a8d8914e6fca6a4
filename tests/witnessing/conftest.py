"""A founded node that is a witness of one log."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from crypto.keys import encode_private_key
from crypto.policies import read_policy
from server.witnessing.files import witness_verifier_key
from tests.growing import grown_with
from tests.partners import ORIGIN_URL, TestNode, a_key, a_node
from tests.witnessing.logs import ALog

template = grown_with(hotline="ngo", place_all=True)

WITNESS_KEY = a_key("node.example", "witness")
WITNESS = witness_verifier_key("node.example", WITNESS_KEY)

Hand = Callable[[bytes], TestResponse]


@pytest.fixture
def home(tmp_path) -> Path:
    """The node's home: the key that cosigns."""
    path = tmp_path / f"witness-{WITNESS_KEY.thumbprint[:12]}.pem"
    path.write_bytes(encode_private_key(WITNESS_KEY))
    path.chmod(0o600)
    return tmp_path


@pytest.fixture
def watch(home) -> Callable[..., None]:
    """Let the node watch these logs, and no others."""

    def watch(*logs: ALog) -> None:
        policy = "".join(f"log {log.verifier_key}\n" for log in logs) + "quorum none\n"
        read_policy(policy.encode())
        (home / "witness-policy").write_text(policy)

    return watch


@pytest.fixture
def node(database, home) -> Iterator[TestNode]:
    running = a_node(database, home=home)
    yield running
    running.close()


@pytest.fixture
def log(watch) -> ALog:
    """A log that is watched."""
    watched = ALog()
    watch(watched)
    return watched


@pytest.fixture
def hand_in(node) -> Hand:
    """Send a body to the witness."""
    return lambda body: handed_in(node, body)


def handed_in(node: TestNode, body: bytes) -> TestResponse:
    return hand_in_to(node.app, body)


def hand_in_to(app: Flask, body: bytes) -> TestResponse:
    return app.test_client().post(
        "/v1/witness/add-checkpoint", data=body, content_type="text/plain", base_url=ORIGIN_URL
    )
