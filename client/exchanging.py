"""Exchange with the home node: each request signed by the key that its role wants, the receipt of each answer kept."""

from collections.abc import Sequence
from typing import BinaryIO

from client.answer import Answer
from client.choosing import choose_key
from client.clock import Source
from client.failures import NotConfigured
from client.home import KeyFile
from client.known import KnownStatement
from client.receipts import receipt_of
from client.state import receipts
from client.state.opening import State
from client.trusting import Trust
from client.wire import Identity, Wire
from crypto.keys import KeyUse, PrivateKey


class Exchanges:
    """The requests of one organisation. `in_force`: its statement, where it knows one by itself."""

    def __init__(
        self,
        *,
        organisation: str,
        keys: Sequence[KeyFile],
        wire: Wire,
        trust: Trust,
        state: State,
        source: Source,
        in_force: KnownStatement | None,
    ) -> None:
        self._organisation = organisation
        self._keys = keys
        self._wire = wire
        self._trust = trust
        self._state = state
        self._source = source
        self._in_force = in_force

    def exchange(
        self,
        method: str,
        target: str,
        purpose: str,
        *,
        role: str | None = None,
        key: PrivateKey | None = None,
        body: bytes | None = None,
        content_type: str | None = None,
        into: BinaryIO | None = None,
    ) -> Answer:
        """Return the verified answer to a request signed by `key`, or else by the exchange key that holds `role`.

        Its body goes `into` a file, where one is given. Whoever keeps the answer keeps its receipt with it.
        """
        return self._wire.exchange(
            identity=Identity(organisation=self._organisation, key=key or self.key("exchange", role=role)),
            key_of_node=self._trust.node_key,
            method=method,
            target=target,
            purpose=purpose,
            body=body,
            content_type=content_type,
            into=into,
        )

    def keep(self, answer: Answer, *, action: str, records: int | None = None) -> Answer:
        """Keep the receipt of an answer, and return it."""
        with self._state.transaction():
            kept = receipt_of(answer, action=action, records=records)
            receipts.keep_receipt(self._state.db, kept, at=self._source.now())
        return answer

    def record_key(self) -> PrivateKey:
        """Return the record key in force; where none is, the node may know a newer statement that lists one."""
        try:
            return self.key("record", role=None)
        except NotConfigured as failure:
            if failure.reason != "record_key_not_in_force":
                raise
        self._trust.learn(self._organisation)
        return self.key("record", role=None)

    def key(self, use: KeyUse, *, role: str | None) -> PrivateKey:
        """Return the key for `use` (and `role`) that the newest known statement of one's own lists."""
        known = self._trust.statements(self._organisation)
        if self._in_force is not None and (not known or known[-1].seq < self._in_force.seq):
            known = [self._in_force]
        return self._choose(use, role=role, statement=known[-1] if known else None)

    def key_of(self, own: KnownStatement) -> PrivateKey:
        """Return the administrator's key that a statement of one's own lists and does not revoke."""
        return self._choose("exchange", role="administrator", statement=own)

    def sign_by(self, own: KnownStatement) -> None:
        """Let the keys of a statement that is in force sign from now on."""
        self._in_force = own

    def _choose(self, use: KeyUse, *, role: str | None, statement: KnownStatement | None) -> PrivateKey:
        claims = None if statement is None else statement.signed.claims
        return choose_key(self._keys, use, role=role, statement=claims, at=self._source.now())
