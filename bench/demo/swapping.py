"""Play a node that lies: it holds its own keys and swaps an origin's, in directory and evidence alike.

Everything that it says is signed by the true node key. What it cannot make are the operators' approvals of another
statement, and a consent of the origin's root.
"""

import shutil
import time
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx2
import orjson

from bench.demo.cast import Stage
from bench.demo.checks import CheckFailed, Checks, expect
from client.clock import Source, wire_time
from client.failures import NotVerified, RootChanged
from client.home import STATE_NAME, Home
from client.partner import Partner
from client.state.opening import State
from client.wire import Patience
from crypto.documents import DIRECTORY, STATEMENT, document_digest, read_document, sign_document, sign_possession
from crypto.encoding import to_base64url
from crypto.keys import keyid, private_key_from_seed
from crypto.messages import read_request, sign_response


class LyingNode(httpx2.BaseTransport):
    """Forwards to the true node and replaces what it says of one member, `victim`."""

    def __init__(self, stage: Stage, victim: str) -> None:
        self._true = httpx2.HTTPTransport()
        self._stage = stage
        self._victim = victim
        self._root = private_key_from_seed(b"a root that the liar made up".ljust(32))
        self._record = private_key_from_seed(b"a record key that the liar made".ljust(32))
        self.lies = 0

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Return the true answer, or a lie of the same form, signed by the node."""
        answer = self._true.handle_request(request)
        body = b"".join(answer.iter_raw())
        answer.close()
        target = request.url.raw_path.decode("ascii")
        headers = [(name.decode("ascii"), value.decode("ascii")) for name, value in answer.headers.raw]
        if target == "/v1/directory":
            body = self._lie_in_directory(body)
        elif target == f"/v1/organisations/{self._victim}":
            body = self._lie_in_evidence(body)
            headers = self._sign_again(request, answer.status_code, headers, body)
        headers = [(name, value) for name, value in headers if name.lower() != "content-length"]
        return httpx2.Response(
            answer.status_code,
            headers=[*headers, ("Content-Length", str(len(body)))],
            stream=httpx2.ByteStream(body),
        )

    def _lie_in_directory(self, body: bytes) -> bytes:
        claims = read_document(orjson.loads(body)["directory"], typ=DIRECTORY).claims
        # A second directory under a number that readers know would convict it at once: it takes a new one.
        claims["seq"] += 1_000
        for member in claims["members"]:
            if member["organisation"] == self._victim:
                member["root"] = self._root.thumbprint
                member["statement_sha256"] = to_base64url(document_digest(self._statement()))
                self.lies += 1
        node = self._stage.node_key
        signed = sign_document(claims, typ=DIRECTORY, key=node, keyid=keyid(self._stage.node, node.thumbprint))
        return orjson.dumps({"directory": signed})

    def _lie_in_evidence(self, body: bytes) -> bytes:
        evidence: dict[str, Any] = orjson.loads(body)
        evidence["statements"] = [self._statement()]
        self.lies += 1
        return orjson.dumps(evidence)

    def _sign_again(
        self, request: httpx2.Request, status: int, headers: list[tuple[str, str]], body: bytes
    ) -> list[tuple[str, str]]:
        said = {name.lower(): value for name, value in headers}
        asked = [(name.decode("ascii"), value.decode("ascii")) for name, value in request.headers.raw]
        node = self._stage.node_key
        return list(
            sign_response(
                request=read_request(method=request.method, target_uri=str(request.url), headers=asked),
                status=status,
                content_type=said["content-type"],
                body_digest=sha256(body).digest(),
                receipt=said["havre-receipt"],
                key=node,
                keyid=keyid(self._stage.node, node.thumbprint),
                created=int(time.time()),
            ).items()
        )

    def _statement(self) -> str:
        """Return a statement of the victim in perfect form, under a root of the liar's own."""
        source = Source()
        listed: dict[str, object] = {
            "jwk": self._record.public.jwk,
            "use": "record",
            "from": wire_time(self._stage.began),
            "until": None,
            "roles": [],
            "holder": None,
            "proof": sign_possession(key=self._record, federation=self._stage.federation, organisation=self._victim),
        }
        claims = {
            "v": 1,
            "federation": self._stage.federation,
            "iss": self._victim,
            "jti": source.identifier(),
            "iat": int(self._stage.began.timestamp()),
            "exp": int(self._stage.began.timestamp()) + 86_400,
            "seq": 1,
            "prev": None,
            "root": self._root.public.jwk,
            "display_name": self._victim,
            "sector": "platform",
            "home": {"node": self._stage.node, "origin_url": self._stage.origin_url},
            "keys": [listed],
            "revoked": [],
            "root_change": None,
        }
        return sign_document(claims, typ=STATEMENT, key=self._root, keyid=keyid(self._victim, self._root.thumbprint))


def swap_keys(stage: Stage, checks: Checks) -> None:
    """Let two readers meet a node that swaps the platform's keys: one that knows the platform, and a newcomer."""
    platform, ngo, agency = stage.members
    with checks.check("the node swaps an origin's root: the SDK that pinned it stops") as tell:
        liar = LyingNode(stage, platform.name)
        try:
            _pull(agency.home, liar)
        except RootChanged as caught:
            expect(caught.about, platform.name, "whom it names")
            tell(f"exit {caught.exit_code}")
        else:
            raise CheckFailed(f"{liar.lies} lies were believed")
    with checks.check("the same before a newcomer who pinned nothing: no approval names those keys") as tell:
        liar = LyingNode(stage, platform.name)
        newcomer = _without_memory(ngo.home, stage.folder / "newcomer")
        try:
            _pull(newcomer, liar)
        except NotVerified as caught:
            tell(f"exit {caught.exit_code}")
        else:
            raise CheckFailed(f"{liar.lies} lies were believed")


def _pull(home: Home, node: httpx2.BaseTransport) -> None:
    partner = Partner(
        config=home.config(),
        keys=home.key_files(),
        state=State(home.state_path),
        in_force=home.statement_in_force(),
        patience=Patience(attempts=1, seconds=10),
        transport=node,
    )
    with partner:
        for _page in partner.pull(purpose="detection"):
            pass


def _without_memory(home: Home, path: Path) -> Home:
    shutil.copytree(home.path, path, ignore=shutil.ignore_patterns(f"{STATE_NAME}*"))
    return Home(path)
