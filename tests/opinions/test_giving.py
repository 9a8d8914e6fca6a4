"""Who may opine on what, to whom: on others' records that one can see, once each."""

import psycopg

from tests.exchanges import expire, place, rows_of
from tests.groups.building import founded, name_of, to_group
from tests.opinions.building import an_opinion, an_opinion_batch, to_origin
from tests.partners import an_id
from tests.signals import a_batch, a_revision, a_signal, a_withdrawal, an_audience, signals


def told(answered) -> list[tuple[int | None, str, str]]:
    assert (answered.status, answered.code) == (422, "records_refused"), answered.body
    return [(one["index"], one["pointer"], one["code"]) for one in answered.json["refused"]]


def test_an_opinion_to_the_records_audience_is_taken(database, hotline, platform, shared) -> None:
    opinion = an_opinion(hotline, shared)
    assert platform.push(an_opinion_batch(platform, hotline, [opinion]).document).status == 201
    (row,) = rows_of(database.owner)["opinion"]
    assert shared["id"] in row
    assert ",confirmed," in row


def test_an_opinion_to_the_records_origin_alone_is_taken(hotline, platform, shared) -> None:
    batch = an_opinion_batch(platform, hotline, [an_opinion(hotline, shared)], audience=to_origin(hotline))
    assert platform.push(batch.document).status == 201


def test_a_consumer_may_opine(node, hotline, shared) -> None:
    reader = node.join("reader.example", roles=["consumer"])
    place(node)
    assert reader.push(an_opinion_batch(reader, hotline, [an_opinion(hotline, shared)]).document).status == 201


def test_any_other_audience_is_refused(refuse, hotline, platform, shared) -> None:
    opinion = an_opinion(hotline, shared)
    others = [
        an_audience("CLEAR"),
        an_audience(purposes=["statistics"]),
        an_audience("AMBER", organisations=[hotline.name]),
        an_audience("AMBER+STRICT", organisations=[hotline.name, platform.name]),
        an_audience("AMBER+STRICT", organisations=[hotline.name], purposes=["statistics"]),
    ]
    answers = [
        refuse(platform, an_opinion_batch(platform, hotline, [opinion], audience=one).document) for one in others
    ]
    assert [told(answered) for answered in answers] == [[(0, "/about", "rule_audience")]] * len(others)


def test_a_batch_of_opinions_is_about_one_origins_records(refuse, node, hotline, platform, shared) -> None:
    third = node.join("third.example")
    records = [an_opinion(hotline, shared), an_opinion(third, shared)]
    answered = refuse(platform, an_opinion_batch(platform, hotline, records).document)
    assert (1, "/about/origin", "rule_about") in told(answered)


def test_an_opinion_names_whom_it_is_about(refuse, hotline, platform, shared) -> None:
    batch = an_opinion_batch(platform, hotline, [an_opinion(hotline, shared)], about=None)
    assert told(refuse(platform, batch.document)) == [(None, "/about", "rule_about_in_opinions")]


def test_whom_an_opinion_is_about_is_known(refuse, hotline, platform, shared) -> None:
    batch = an_opinion_batch(platform, hotline, [an_opinion(hotline, shared)], about="stranger.example")
    assert told(refuse(platform, batch.document)) == [(None, "/about", "unknown_organisation")]


def test_nobody_opines_on_ones_own_record(refuse, hotline, shared) -> None:
    answered = refuse(hotline, an_opinion_batch(hotline, hotline, [an_opinion(hotline, shared)]).document)
    assert (None, "/about", "own_record") in told(answered)


def test_a_hidden_record_answers_as_one_that_is_not_there(node, refuse, hotline, platform) -> None:
    hidden = a_signal()
    audience = to_group(name_of(hotline, founded(hotline)))
    assert hotline.push(a_batch(hotline, [hidden], audience=audience).document).status == 201
    place(node)
    unknown = a_signal()
    for given in (an_audience(), to_origin(hotline)):
        answers = [
            refuse(platform, an_opinion_batch(platform, hotline, [an_opinion(hotline, one)], audience=given).document)
            for one in (hidden, unknown)
        ]
        assert [told(answered) for answered in answers] == [[(0, "/about/id", "unknown_record")]] * 2


def test_a_revision_that_is_not_there_is_unknown(refuse, hotline, platform, shared) -> None:
    opinion = an_opinion(hotline, shared, about={"origin": hotline.name, "id": shared["id"], "revision": 2})
    answered = refuse(platform, an_opinion_batch(platform, hotline, [opinion]).document)
    assert told(answered) == [(0, "/about/id", "unknown_record")]


def test_an_expired_record_is_unknown(database, node, refuse, hotline, platform) -> None:
    signal = a_signal()
    batch = a_batch(hotline, [signal])
    hotline.push(batch.document)
    place(node)
    expire(database.superuser, batch.jti)
    answered = refuse(platform, an_opinion_batch(platform, hotline, [an_opinion(hotline, signal)]).document)
    assert told(answered) == [(0, "/about/id", "unknown_record")]


def test_purposes_do_not_narrow_who_may_opine(node, hotline, platform) -> None:
    signal, audience = a_signal(), an_audience(purposes=["victim_identification"])
    hotline.push(a_batch(hotline, [signal], audience=audience).document)
    place(node)
    batch = an_opinion_batch(platform, hotline, [an_opinion(hotline, signal)], audience=audience)
    assert platform.push(batch.document).status == 201


def test_an_observer_tells_the_records_origin_alone(node, refuse, hotline, platform) -> None:
    audience = to_group(name_of(hotline, founded(hotline, observers=[platform])))
    signal = a_signal()
    hotline.push(a_batch(hotline, [signal], audience=audience).document)
    place(node)
    opinion = an_opinion(hotline, signal)
    to_all = an_opinion_batch(platform, hotline, [opinion], audience=audience)
    assert told(refuse(platform, to_all.document)) == [(None, "/audience/groups", "observer_cannot_share")]
    alone = an_opinion_batch(platform, hotline, [opinion], audience=to_origin(hotline))
    assert platform.push(alone.document).status == 201


def test_a_member_tells_its_group(node, hotline, platform) -> None:
    audience = to_group(name_of(hotline, founded(hotline, platform)))
    signal = a_signal()
    hotline.push(a_batch(hotline, [signal], audience=audience).document)
    place(node)
    batch = an_opinion_batch(platform, hotline, [an_opinion(hotline, signal)], audience=audience)
    assert platform.push(batch.document).status == 201


def test_an_organisation_has_one_live_opinion_on_a_record(refuse, hotline, platform, shared) -> None:
    assert platform.push(an_opinion_batch(platform, hotline, [an_opinion(hotline, shared)]).document).status == 201
    second = an_opinion(hotline, shared, "disputed")
    for audience in (an_audience(), to_origin(hotline)):
        answered = refuse(platform, an_opinion_batch(platform, hotline, [second], audience=audience).document)
        assert told(answered) == [(0, "/about/id", "opinion_already_given")]


def test_two_opinions_on_a_record_do_not_share_a_batch(refuse, hotline, platform, shared) -> None:
    twice = [an_opinion(hotline, shared), an_opinion(hotline, shared)]
    answered = refuse(platform, an_opinion_batch(platform, hotline, twice).document)
    assert told(answered) == [(1, "/about/id", "opinion_already_given")]


def test_a_revision_changes_the_verdict_in_its_place(database, hotline, platform, shared) -> None:
    first = an_opinion(hotline, shared)
    platform.push(an_opinion_batch(platform, hotline, [first]).document)
    second = a_revision(first, verdict="disputed", reason="adult")
    assert platform.push(an_opinion_batch(platform, hotline, [second]).document).status == 201
    (row,) = rows_of(database.owner)["opinion"]
    assert ",disputed," in row


def test_what_an_opinion_is_about_never_changes(node, refuse, hotline, platform, shared) -> None:
    other = a_signal()
    hotline.push(a_batch(hotline, [other]).document)
    place(node)
    first = an_opinion(hotline, shared)
    platform.push(an_opinion_batch(platform, hotline, [first]).document)
    moved = a_revision(first, about={"origin": hotline.name, "id": other["id"], "revision": 1})
    answered = refuse(platform, an_opinion_batch(platform, hotline, [moved]).document)
    assert told(answered) == [(0, "/about", "about_changed")]


def test_a_withdrawn_opinion_leaves_its_place(hotline, platform, shared) -> None:
    first = an_opinion(hotline, shared)
    platform.push(an_opinion_batch(platform, hotline, [first]).document)
    withdrawal = an_opinion_batch(platform, hotline, [a_withdrawal(first)])
    assert platform.push(withdrawal.document).status == 201
    assert platform.push(an_opinion_batch(platform, hotline, [an_opinion(hotline, shared)]).document).status == 201


def test_an_expired_opinion_gives_up_its_place_and_does_not_come_back(
    database, refuse, hotline, platform, shared
) -> None:
    first = an_opinion(hotline, shared)
    batch = an_opinion_batch(platform, hotline, [first])
    platform.push(batch.document)
    expire(database.superuser, batch.jti)
    expire_opinions(database.superuser)
    assert platform.push(an_opinion_batch(platform, hotline, [an_opinion(hotline, shared)]).document).status == 201
    answered = refuse(platform, an_opinion_batch(platform, hotline, [a_revision(first)]).document)
    assert told(answered) == [(0, "/about/id", "opinion_already_given")]


def expire_opinions(superuser_url: str) -> None:
    """Let every opinion have expired a minute ago."""
    with psycopg.connect(superuser_url) as db:
        db.execute("UPDATE opinion SET expires_at = now() - interval '1 minute'")


def test_an_opinion_in_another_stream_keeps_its_own_withdrawal(refuse, hotline, platform, shared) -> None:
    first = an_opinion(hotline, shared)
    platform.push(an_opinion_batch(platform, hotline, [first]).document)
    elsewhere = an_opinion_batch(platform, hotline, [a_withdrawal(first)], audience=to_origin(hotline))
    assert told(refuse(platform, elsewhere.document)) == [(0, "", "channel_changed")]


def test_one_stream_of_opinions_a_partner_is_not_counted(monkeypatch, refuse, hotline, platform, shared) -> None:
    monkeypatch.setattr("server.batches.pushing.STREAMS_AT_MOST", 1)
    assert platform.push(a_batch(platform, signals(1)).document).status == 201
    assert platform.push(an_opinion_batch(platform, hotline, [an_opinion(hotline, shared)]).document).status == 201
    other = an_opinion_batch(platform, hotline, [an_opinion(hotline, shared)], audience=to_origin(hotline))
    assert told(refuse(platform, other.document)) == [(None, "/audience", "too_many_streams")]


def test_a_whole_batch_of_opinions_is_judged_together(refuse, hotline, platform, shared) -> None:
    nobodys = [an_opinion(hotline, {"id": an_id(), "revision": 1}) for _ in range(300)]
    records = [*nobodys, an_opinion(hotline, shared)]
    answered = refuse(platform, an_opinion_batch(platform, hotline, records).document)
    assert told(answered) == [(index, "/about/id", "unknown_record") for index in range(300)]
