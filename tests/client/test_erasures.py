"""Lines that came erased: pending, explained, withheld; and batches that came without lines."""

import pytest

from client.failures import NotVerified
from tests.client.scripted import PURPOSE
from tests.partners import moment, now_seconds
from tests.signals import a_revision, a_signal, a_withdrawal, signals


@pytest.fixture
def hotline(scripted):
    return scripted.join("hotline.example", sector="hotline")


@pytest.fixture
def reader(scripted, hotline):
    with scripted.sdk(scripted.join("platform.example", sector="platform")) as sdk:
        yield sdk


def pull(reader):
    return list(reader.pull(purpose=PURPOSE))


def test_an_erased_line_whose_leaf_does_not_fit_the_root_is_refused(scripted, hotline, reader):
    batch = scripted.place(hotline, signals(2))
    other = scripted.place(hotline, signals(2))
    scripted.page(batch.erasing(0).replace(leaf_line(batch), leaf_line(other)), other)
    with pytest.raises(NotVerified, match="batch_root"):
        pull(reader)


def leaf_line(placed):
    return placed.erasing(0).splitlines()[2]


def test_an_erased_line_is_pending_until_the_last_page_and_then_withheld(scripted, hotline, reader):
    scripted.page(scripted.place(hotline, signals(2)).erasing(0), more=True)
    scripted.page(scripted.place(hotline, signals(1)))
    pages = reader.pull(purpose=PURPOSE)
    assert next(pages).withheld is None
    assert reader.status().withheld == {}
    assert [page.withheld for page in pages] == [1]
    assert reader.status().withheld == {"hotline.example": 1}


def test_a_later_revision_that_names_the_leaf_clears_what_was_withheld(scripted, hotline, reader):
    record = a_signal()
    scripted.page(scripted.place(hotline, [record, a_signal()]).erasing(0))
    scripted.page(scripted.place(hotline, [a_revision(record)]))
    assert [page.withheld for page in pull(reader)] == [1]
    assert [page.withheld for page in pull(reader)] == [0]
    assert reader.status().withheld == {}


def test_a_revision_of_another_origin_explains_nothing(scripted, hotline, reader):
    record = a_signal()
    scripted.page(scripted.place(hotline, [record, a_signal()]).erasing(0))
    scripted.page(scripted.place(scripted.join("ngo.example"), [a_withdrawal(record)]))
    pull(reader)
    assert [page.withheld for page in pull(reader)] == [1]


def test_a_line_that_is_erased_the_second_time_it_comes_is_not_withheld(scripted, hotline, reader):
    batch = scripted.place(hotline, signals(2))
    scripted.page(batch)
    scripted.page(batch.erasing(0))
    pull(reader)
    assert [page.withheld for page in pull(reader)] == [0]


def test_an_erased_line_is_withheld_no_longer_than_its_batch_lives(scripted, hotline, reader):
    expires = moment(now_seconds() + 1000)
    scripted.page(scripted.place(hotline, signals(2), expires=expires).erasing(0))
    assert [page.withheld for page in pull(reader)] == [1]
    scripted.clock.ahead = 2000
    assert [page.withheld for page in pull(reader)] == [0]


def test_a_batch_without_lines_is_refused_before_it_expires(scripted, hotline, reader):
    scripted.page(scripted.place(hotline, signals(2)).expired)
    with pytest.raises(NotVerified, match="batch_lines_missing"):
        pull(reader)


def test_records_leave_the_live_set_by_the_clock(scripted, hotline, reader):
    scripted.page(scripted.place(hotline, signals(2), expires=moment(now_seconds() + 1000)))
    pull(reader)
    assert reader.status().records == 2
    scripted.clock.ahead = 2000
    assert reader.status().records == 0
    assert list(reader.records()) == []
