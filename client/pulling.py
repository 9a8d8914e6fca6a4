"""Pull a feed, page by page: verify the answer, then each batch, and keep a page in one transaction.

Before the transaction everything that needs the network is learnt (directory, statements, approvals); inside it
nothing but the state is asked. Records, ends of streams, stream heads, places, what a hook is to be told, the receipt
and the next cursor are committed together: a kill at any point loses nothing and applies nothing twice.
"""

from dataclasses import replace
from datetime import datetime

from client.answer import Answer
from client.applying import Applied, apply_batch, apply_ended, check_place, hold_unverified, step_chain
from client.failures import NotVerified, Refused, RootChanged
from client.holding import Shelf
from client.judging import JudgedBatch, Named
from client.origins import Origins
from client.pages import Contents, read_contents, served_by
from client.pulled import DEFAULT_LIMIT, Filter, PulledLine, PulledPage, pulled_page
from client.receipts import receipt_of
from client.state import changes, erasures, feeds
from client.state import receipts as receipt_store
from client.state.opening import State
from client.trusting import Trust
from schemas.answers import Ended
from schemas.directory import Directory

_HOLD = "directory_expired"


class Puller:
    """Pulls for one partner, `organisation`."""

    def __init__(self, *, organisation: str, state: State, trust: Trust) -> None:
        self._organisation = organisation
        self._state = state
        self._trust = trust
        self._origins = Origins(trust)
        self._shelf = Shelf(state=state, trust=trust, origins=self._origins)
        self._released: list[Applied] = []

    def prepare(self, *, now: datetime) -> Directory:
        """Read the directory and what it says is newer, set aside what was revoked since, release what was held."""
        directory = self._trust.refresh_directory()
        self._trust.update_known(directory)
        self._shelf.take_back(now)
        if directory.exp > now:
            self._released += self._shelf.release(directory, now)
        return directory

    def raise_unverified(self) -> None:
        """Say, when everything else is done, that an origin could not be verified.

        Raises:
            RootChanged, NotVerified: the first of them, a changed root before all else; `went_on` is true.
        """
        failures = sorted(self._trust.unverified.values(), key=lambda one: not isinstance(one, RootChanged))
        for failure in failures:
            failure.went_on = True
            raise failure

    def keep(
        self, answer: Answer, *, feed_id: int, after: str | None, directory: Directory, now: datetime
    ) -> PulledPage:
        """Verify a page and keep it with its receipt and cursor, or nothing of it.

        Raises:
            NotVerified: something in the page is not to be believed.
        """
        contents = read_contents(answer.body, after=after)
        named = [one for one in contents.items if isinstance(one, Named)]
        self._origins.learn(named, directory)
        self._shelf.take_back(now)
        hold_reason = _HOLD if directory.exp <= now else None
        with self._state.transaction():
            if feeds.cursor_of(self._state.db, feed_id) != after:
                # Another process of this partner has kept this page meanwhile.
                raise NotVerified("cursor_moved")
            applied = [self._apply(item, feed_id=feed_id, hold_reason=hold_reason, now=now) for item in contents.items]
            withheld = self._close_page(contents, feed_id=feed_id, now=now)
            served = served_by(named)
            kept = receipt_of(answer, action="read_feed", records=contents.page.records, served=served)
            receipt_store.keep_receipt(self._state.db, kept, at=now)
        released, self._released = self._released, []
        return pulled_page(
            contents,
            [*released, *(one for one in applied if one is not None)],
            answer,
            withheld=withheld,
            is_directory_expired=hold_reason is not None,
            unverified={name: failure.reason for name, failure in self._trust.unverified.items()},
        )

    def restart(self, refusal: Refused, *, feed_id: int, after: str, now: datetime) -> None:
        """Forget the cursor `after`, which the node has refused; heads and places stay, so that no hole can open."""
        with self._state.transaction():
            if feeds.cursor_of(self._state.db, feed_id) == after:
                feeds.move_cursor(self._state.db, feed_id, None)
            if refusal.answer is not None and refusal.answer.receipt:
                receipt_store.keep_receipt(self._state.db, receipt_of(refusal.answer, action="read_feed"), at=now)

    def judge(self, named: Named, *, now: datetime) -> JudgedBatch:
        """Return what a placed batch proves by the statements that are known."""
        return self._origins.judge(named, now=now)

    def _apply(self, item: Named | Ended, *, feed_id: int, hold_reason: str | None, now: datetime) -> Applied | None:
        db = self._state.db
        if isinstance(item, Ended):
            apply_ended(db, item, feed_id=feed_id, organisation=self._organisation, now=now)
            return None
        if item.origin in self._trust.unverified:
            placed = self._origins.judge_place(item)
            step_chain(db, placed, feed_id=feed_id)
            check_place(db, placed)
            return hold_unverified(db, placed, item, feed_id=feed_id)
        batch = self.judge(item, now=now)
        is_new = step_chain(db, batch, feed_id=feed_id)
        check_place(db, batch)
        applied = apply_batch(db, batch, hold_reason=hold_reason, now=now, feed_id=feed_id)
        # What this feed has brought before is told once.
        return applied if is_new else replace(applied, lines=[])

    def _close_page(self, contents: Contents, *, feed_id: int, now: datetime) -> int | None:
        """Keep how far the feed was read and what a hook is to be told; return how many lines were withheld.

        None before the last page: what explains an erased line may still come.
        """
        db = self._state.db
        feeds.move_cursor(db, feed_id, contents.page.next)
        feeds.note_read(db, feed_id, at=now, poll_after_seconds=contents.page.poll_after)
        changes.write_down(db, now=now)
        if contents.page.more:
            return None
        erasures.settle(db, feed_id, now=now)
        return sum(erasures.withheld_by_origin(db, now=now).values())


__all__ = ["DEFAULT_LIMIT", "Filter", "PulledLine", "PulledPage", "Puller"]
