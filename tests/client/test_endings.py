"""What `ended` deletes and what it does not, and where a chain may go on after it."""

import pytest

from client.failures import NotVerified
from tests.client.scripted import PURPOSE, ended
from tests.signals import a_revision, a_signal, an_audience, signals


@pytest.fixture
def hotline(scripted):
    return scripted.join("hotline.example", sector="hotline")


@pytest.fixture
def platform(scripted, hotline):
    return scripted.join("platform.example", sector="platform")


@pytest.fixture
def reader(scripted, platform):
    with scripted.sdk(platform) as sdk:
        yield sdk


def pull(reader):
    return list(reader.pull(purpose=PURPOSE))


def named(*organisations):
    return an_audience("AMBER", organisations=sorted(organisations))


def held(reader):
    return len(list(reader.records()))


def test_what_came_by_an_ended_stream_is_deleted_with_its_bytes(scripted, hotline, reader):
    batch = scripted.place(hotline, signals(2), audience=named("platform.example"))
    scripted.page(batch)
    scripted.page(ended(batch.stream))
    pull(reader)
    assert held(reader) == 2
    assert [page.ended for page in pull(reader)] == [1]
    assert held(reader) == 0
    assert reader.state.db.execute("SELECT count(*) FROM revision").fetchone()[0] == 0


def test_an_ended_stream_takes_no_record_of_another_with_it(scripted, hotline, reader):
    kept = scripted.place(hotline, signals(1))
    gone = scripted.place(hotline, signals(1), audience=named("platform.example"))
    scripted.page(kept, gone)
    scripted.page(ended(gone.stream))
    pull(reader)
    pull(reader)
    assert [one.line for one in reader.records()] == kept.batch.lines


def test_an_end_of_a_stream_that_nobody_here_knows_changes_nothing(scripted, hotline, reader):
    batch = scripted.place(hotline, signals(1))
    foreign = scripted.place(hotline, signals(1), audience=named("ngo.example"))
    scripted.page(batch, ended(foreign.stream))
    pull(reader)
    assert held(reader) == 1
    assert reader.status().ended == []


def test_ones_own_batches_never_end_whatever_the_node_says(scripted, platform, reader):
    batch = scripted.place(platform, signals(1))
    scripted.page(batch)
    scripted.page(ended(batch.stream))
    pull(reader)
    pull(reader)
    assert held(reader) == 1


def test_an_end_lets_no_chain_of_ones_own_jump(scripted, platform, reader):
    batch = scripted.place(platform, signals(1))
    scripted.page(batch)
    scripted.place(platform, signals(1))
    scripted.page(ended(batch.stream), scripted.place(platform, signals(1)))
    pull(reader)
    with pytest.raises(NotVerified, match="chain_hole"):
        pull(reader)


def test_opinions_about_ones_own_records_never_end(scripted, hotline, platform, reader):
    opinion = an_opinion("platform.example")
    batch = scripted.place(hotline, [opinion], kind="opinion", about="platform.example", audience=named("ngo.example"))
    scripted.page(batch)
    scripted.page(ended(batch.stream))
    pull(reader)
    pull(reader)
    assert held(reader) == 1


def test_opinions_about_ones_own_records_never_end_while_their_origin_cannot_be_verified(scripted, hotline, reader):
    opinion = an_opinion("platform.example")
    batch = scripted.place(hotline, [opinion], kind="opinion", about="platform.example", audience=named("ngo.example"))
    doubted = NotVerified("admission", about="hotline.example")
    reader.trust.update_known(reader.trust.refresh_directory())
    reader.trust.update_known = lambda _directory: reader.trust._unverified.update({"hotline.example": doubted})
    scripted.page(batch)
    scripted.page(ended(batch.stream))
    for _ in range(2):
        with pytest.raises(NotVerified, match="admission"):
            pull(reader)
    assert len(reader.status().held) == 1


def an_opinion(origin):
    about = a_signal()
    return {
        **{name: about[name] for name in ("id", "revision", "salt", "status")},
        "kind": "opinion",
        "about": {"origin": origin, "id": a_signal()["id"], "revision": 1},
        "verdict": "confirmed",
        "reviewed_by": "one_person",
    }


def test_a_stream_may_go_on_after_its_end_and_only_what_came_then_is_held(scripted, hotline, reader):
    audience = named("platform.example")
    first = scripted.place(hotline, signals(1), audience=audience)
    scripted.place(hotline, signals(1), audience=audience)
    later = scripted.place(hotline, signals(1), audience=audience)
    scripted.page(first, ended(first.stream), later)
    pull(reader)
    assert [one.line for one in reader.records()] == later.batch.lines
    assert [one.records for one in reader.status().ended] == [1]


def test_what_is_opened_again_from_the_beginning_is_told_anew(scripted, hotline, reader):
    first = scripted.place(hotline, signals(2), audience=named("platform.example"))
    scripted.page(first)
    scripted.page(ended(first.stream), first)
    pull(reader)
    assert [page.records for page in pull(reader)] == [2]
    assert held(reader) == 2


def test_a_hole_without_an_end_is_found(scripted, hotline, reader):
    first = scripted.place(hotline, signals(1))
    scripted.place(hotline, signals(1))
    scripted.page(first, scripted.place(hotline, signals(1)))
    with pytest.raises(NotVerified, match="chain_hole") as caught:
        pull(reader)
    assert caught.value.exit_code == 5
    assert held(reader) == 0


def test_a_hole_in_one_stream_is_not_excused_by_the_end_of_another(scripted, hotline, reader):
    first = scripted.place(hotline, signals(1))
    scripted.place(hotline, signals(1))
    other = scripted.place(hotline, signals(1), audience=named("platform.example"))
    scripted.page(first, other, ended(other.stream), scripted.place(hotline, signals(1)))
    with pytest.raises(NotVerified, match="chain_hole"):
        pull(reader)


def test_another_batch_in_the_place_of_one_that_ended_still_convicts_the_node(scripted, hotline, reader):
    audience = named("platform.example")
    first = scripted.place(hotline, signals(1), audience=audience)
    scripted.heads.clear()
    second = scripted.place(hotline, signals(1), audience=audience)
    scripted.page(first, ended(first.stream), second)
    with pytest.raises(NotVerified, match="equivocation"):
        pull(reader)


def test_a_page_that_comes_twice_applies_nothing_twice(scripted, hotline, reader):
    record = a_signal()
    first, second = scripted.place(hotline, [record]), scripted.place(hotline, [a_revision(record)])
    scripted.page(first, second)
    scripted.page(first, second)
    pull(reader)
    assert [page.records for page in pull(reader)] == [0]
    assert held(reader) == 1


def test_status_remembers_which_streams_ended_why_and_how_much_went(scripted, hotline, reader):
    batch = scripted.place(hotline, signals(3), audience=named("platform.example"))
    scripted.page(batch, ended(batch.stream, reason="sector_changed"))
    pull(reader)
    (told,) = reader.status().ended
    assert (told.origin, told.kind, told.reason, told.records) == ("hotline.example", "signal", "sector_changed", 3)


def test_ends_count_under_an_expired_directory_while_what_is_new_waits(scripted, hotline, reader):
    batch = scripted.place(hotline, signals(1), audience=named("platform.example"))
    scripted.page(batch)
    pull(reader)
    scripted.clock.ahead = 30 * 3600
    scripted.page(ended(batch.stream), scripted.place(hotline, signals(1)))
    (page,) = pull(reader)
    assert (page.is_directory_expired, page.held, held(reader)) == (True, 1, 0)


def test_an_end_is_told_while_what_it_took_does_not_come_again(scripted, hotline, reader):
    audience = named("platform.example")
    first, second = (scripted.place(hotline, signals(1), audience=audience) for _ in range(2))
    scripted.page(first)
    scripted.page(ended(first.stream), second)
    scripted.page(ended(first.stream), first, second)
    pull(reader)
    pull(reader)
    assert [(one.stream, one.records) for one in reader.status().ended] == [(first.stream, 1)]
    pull(reader)
    assert reader.status().ended == []
    assert held(reader) == 2


def test_a_batch_that_is_held_goes_with_its_stream_too(scripted, hotline, reader):
    scripted.clock.ahead = 30 * 3600
    batch = scripted.place(hotline, signals(1), audience=named("platform.example"))
    scripted.page(batch)
    scripted.page(ended(batch.stream))
    pull(reader)
    pull(reader)
    assert reader.status().held == []
