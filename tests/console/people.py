"""People with an open session, put into the database as joining and signing in would: pages are tried, not passkeys."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from html.parser import HTMLParser
from typing import Any

import psycopg

from crypto.encoding import to_base64url
from tests.partners import TestNode, an_id

COOKIE = "__Host-havre"


class Links(HTMLParser):
    """Where a page leads: the addresses of its links, and the text of each."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag == "a":
            self.found.append(dict(attrs)["href"])


@dataclass(frozen=True, kw_only=True)
class Visitor:
    """Somebody whose browser holds an open session."""

    node: TestNode
    token: bytes

    def get(self, path: str, **headers: str) -> Any:
        """What the console answers to this browser."""
        client = self.node.app.test_client(use_cookies=False)
        return client.get(
            path,
            base_url=self.node.settings.origin_url,
            headers={"Cookie": f"{COOKIE}={to_base64url(self.token)}", **headers},
        )

    def read(self, path: str, **headers: str) -> str:
        """A page that is shown."""
        answer = self.get(path, **headers)
        assert answer.status_code == 200, (answer.status_code, answer.headers.get("Location"), answer.text[:2000])
        text: str = answer.text
        return text

    def links(self, path: str) -> list[str]:
        """The addresses that a page leads to."""
        return Links(self.read(path)).found


def a_visitor(
    node: TestNode,
    organisation: str,
    role: str,
    *,
    passkeys: int = 2,
    confirmed: timedelta = timedelta(0),
    holder: str | None = None,
) -> Visitor:
    """A person of `organisation` with one role, who is signed in and used a passkey `confirmed` ago."""
    now, token = datetime.now(UTC), secrets.token_bytes(32)
    with psycopg.connect(node.settings.owner_database_url or "") as db:
        (person_id,) = _one(
            db,
            """
            WITH invited AS (
                INSERT INTO invitation (organisation_id, jti, holder, roles, inviter, token_sha256, issued_at,
                                        received_at, expires_at, document)
                SELECT organisation_id, %(jti)s, %(holder)s, ARRAY[%(role)s],
                       (SELECT thumbprint FROM signing_key
                         WHERE signing_key.organisation_id = organisation.organisation_id LIMIT 1),
                       %(digest)s, %(now)s, %(now)s, %(until)s, 'synthetic'
                  FROM organisation
                 WHERE name = %(organisation)s
                RETURNING *
            )
            INSERT INTO person (invitation_id, organisation_id, holder, roles, user_handle, joined_at)
            SELECT invitation_id, organisation_id, holder, roles, %(digest)s, %(now)s
              FROM invited
            RETURNING person_id
            """,
            jti=an_id(),
            holder=holder or f"person-{secrets.token_hex(4)}",
            role=role,
            digest=secrets.token_bytes(32),
            now=now,
            until=now + timedelta(days=1),
            organisation=organisation,
        )
        for _ in range(passkeys):
            (passkey_id,) = _one(
                db,
                """
                INSERT INTO passkey (person_id, credential_id, public_key, is_synced, sign_count, added_at, used_at)
                VALUES (%(person_id)s, %(credential_id)s, %(public_key)s, false, 0, %(now)s, %(now)s)
                RETURNING passkey_id
                """,
                person_id=person_id,
                credential_id=secrets.token_bytes(32),
                public_key=secrets.token_bytes(64),
                now=now,
            )
        _one(
            db,
            """
            INSERT INTO session (token_sha256, passkey_id, signed_in_at, seen_at, confirmed_at)
            VALUES (%(token)s, %(passkey_id)s, %(confirmed)s, %(now)s, %(confirmed)s)
            RETURNING session_id
            """,
            token=sha256(token).digest(),
            passkey_id=passkey_id,
            now=now,
            confirmed=now - confirmed,
        )
    return Visitor(node=node, token=token)


def _one(db: psycopg.Connection[Any], query: Any, **parameters: Any) -> Any:
    row = db.execute(query, parameters).fetchone()
    assert row is not None
    return row
