"""A channel holds a value once among its live records."""

import pytest

from tests.exchanges import expire
from tests.signals import a_batch, a_signal, a_value, a_withdrawal, an_audience


def test_a_value_stands_once_in_a_batch(refuse, hotline) -> None:
    answered = refuse(hotline, a_batch(hotline, [a_signal(value=a_value("a")) for _ in range(2)]).document)
    assert answered.json["refused"] == [{"index": 1, "pointer": "/value", "code": "value_already_shared"}]


def test_a_value_that_a_live_record_of_the_channel_has_is_refused(refuse, hotline) -> None:
    hotline.push(a_batch(hotline, [a_signal(value=a_value("a"))]).document)
    records = [a_signal(), a_signal(value=a_value("a"))]
    answered = refuse(hotline, a_batch(hotline, records).document)
    assert answered.json["refused"] == [{"index": 1, "pointer": "/value", "code": "value_already_shared"}]


def test_a_value_is_the_same_only_under_the_same_type(hotline) -> None:
    hotline.push(a_batch(hotline, [a_signal(value=a_value("a"))]).document)
    other = a_signal(value=a_value("a"), signal_type="vpdq", media="video", print_bytes=40_000)
    assert hotline.push(a_batch(hotline, [other]).document).status == 201


def test_another_channel_may_hold_the_same_value(hotline) -> None:
    hotline.push(a_batch(hotline, [a_signal(value=a_value("a"))]).document)
    clear = a_batch(hotline, [a_signal(value=a_value("a"))], audience=an_audience("CLEAR"))
    assert hotline.push(clear.document).status == 201


def test_a_withdrawn_value_may_be_shared_again(hotline) -> None:
    signal = a_signal()
    hotline.push(a_batch(hotline, [signal]).document)
    hotline.push(a_batch(hotline, [a_withdrawal(signal)]).document)
    assert hotline.push(a_batch(hotline, [a_signal(value=signal["value"])]).document).status == 201


@pytest.fixture
def expired(database, hotline) -> str:
    """A value whose only record has expired."""
    value = a_value("brief")
    batch = a_batch(hotline, [a_signal(value=value)])
    assert hotline.push(batch.document).status == 201
    expire(database.superuser, batch.jti)
    return value


def test_an_expired_value_may_be_shared_again(hotline, expired) -> None:
    assert hotline.push(a_batch(hotline, [a_signal(value=expired)]).document).status == 201


def test_an_expired_record_gives_its_value_up_only_with_the_batch_that_takes_it(refuse, hotline, expired) -> None:
    records = [a_signal(value=expired), a_signal(value=a_value("b"), media="smell")]
    answered = refuse(hotline, a_batch(hotline, records).document)
    assert answered.json["refused"] == [{"index": 1, "pointer": "/media", "code": "not_one_of"}]
