"""Many at once: one link makes one person, and of two passkeys that go at once one stays."""

import re
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from urllib.parse import urlsplit

import psycopg

from tests.exchanges import rows_of
from tests.people.browser import Browser
from tests.people.inviting import invite


def _at_once(acts):
    barrier = Barrier(len(acts))

    def run(act):
        barrier.wait()
        return act()

    with ThreadPoolExecutor(len(acts)) as threads:
        return list(threads.map(run, acts))


def test_of_ten_that_join_at_once_by_one_link_one_joins(node, database, ministry) -> None:
    link = invite(ministry)
    browsers = [Browser(node=node) for _ in range(10)]
    forms = []
    for each in browsers:
        page = each.look_at(link)
        secret = urlsplit(link).fragment
        forms.append({"csrf": page.csrf, "invitation": secret, "answer": each.device.create(page.options)})

    answers = _at_once(
        [
            lambda each=each, form=form: each.post("/console/join/passkey", form)
            for each, form in zip(browsers, forms, strict=True)
        ]
    )

    assert [answer.status for answer in answers].count(303) == 1
    assert len(rows_of(database.owner)["person"]) == 1
    assert len(rows_of(database.owner)["session"]) == 1


def test_of_two_last_passkeys_that_go_at_once_one_stays(node, database, auditor) -> None:
    assert auditor.add_passkey().status == 303
    listed = re.findall(r"passkey=([0-9]+)", auditor.get("/console/passkeys").text)
    keys = sorted(set(listed))
    assert len(keys) == 2
    csrf = auditor.get(f"/console/passkeys/remove?passkey={keys[0]}").csrf
    browsers = [Browser(node=node, cookies=dict(auditor.cookies)) for _ in keys]

    _at_once(
        [
            lambda each=each, key=key: each.post("/console/passkeys/remove", {"csrf": csrf, "passkey": key})
            for each, key in zip(browsers, keys, strict=True)
        ]
    )

    with psycopg.connect(database.owner) as db:
        assert db.execute("SELECT count(*) FROM passkey WHERE ended_at IS NULL").fetchone() == (1,)
