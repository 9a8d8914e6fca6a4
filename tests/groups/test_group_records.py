"""What a group's record may say: itself as its audience, its owner as a member, one history for ever."""

import psycopg

from tests.exchanges import expire, rows_of
from tests.groups.building import a_group, a_group_batch, founded, members, name_of, to_group
from tests.partners import an_id, moment, now_seconds
from tests.signals import a_batch, a_revision, a_signal, a_withdrawal, an_audience


def told(answered) -> list[tuple[int | None, str, str]]:
    assert (answered.status, answered.code) == (422, "records_refused"), answered.body
    return [(one["index"], one["pointer"], one["code"]) for one in answered.json["refused"]]


def test_a_group_is_stored_with_its_members_and_its_audience(database, hotline, platform) -> None:
    group = founded(hotline, observers=[platform])
    rows = rows_of(database.owner)
    assert len(rows["sharing_group"]) == 1
    assert [row.rpartition(",")[2] for row in rows["group_member"]] == ["member)", "observer)"]
    assert len(rows["audience_group"]) == 1
    assert group["id"] in rows["audience_group"][0]


def test_a_group_is_addressed_to_itself_alone(refuse, hotline) -> None:
    group = a_group(hotline.name)
    other = to_group(f"{hotline.name}/{an_id()}")
    answered = refuse(hotline, a_group_batch(hotline, group, audience=other).document)
    assert told(answered) == [(None, "/audience/groups", "rule_audience")]


def test_a_group_of_another_owner_cannot_be_pushed(refuse, hotline, platform) -> None:
    group = founded(hotline, platform)
    theirs = a_revision(group, members=members(platform.name))
    answered = refuse(platform, a_group_batch(platform, theirs, audience=to_group(name_of(hotline, group))).document)
    assert (None, "/audience/groups", "rule_audience") in told(answered)


def test_a_groups_audience_names_nobody_beside_it(refuse, hotline, platform) -> None:
    group = a_group(hotline.name)
    wider = to_group(name_of(hotline, group), organisations=[platform.name])
    assert told(refuse(hotline, a_group_batch(hotline, group, audience=wider).document)) == [
        (None, "/audience/organisations", "rule_audience_of_a_group_organisations")
    ]


def test_every_member_of_a_group_is_known(refuse, hotline) -> None:
    group = a_group(hotline.name, "stranger.example")
    assert told(refuse(hotline, a_group_batch(hotline, group).document)) == [
        (0, "/members/1/organisation", "unknown_organisation")
    ]


def test_a_groups_owner_is_one_of_its_members(refuse, hotline, platform) -> None:
    answered = refuse(hotline, a_group_batch(hotline, a_group(platform.name)).document)
    assert told(answered) == [(0, "/members", "owner_not_member")]


def test_a_groups_owner_is_no_observer(refuse, hotline) -> None:
    answered = refuse(hotline, a_group_batch(hotline, a_group(observers=[hotline.name])).document)
    assert told(answered) == [(0, "/members", "owner_not_member")]


def test_a_groups_history_is_fixed_by_its_first_revision(refuse, hotline) -> None:
    group = founded(hotline)
    answered = refuse(hotline, a_group_batch(hotline, a_revision(group, history="from_joining")).document)
    assert told(answered) == [(0, "/history", "history_changed")]


def test_an_expired_group_never_lives_again(database, refuse, hotline) -> None:
    group = a_group(hotline.name)
    batch = a_group_batch(hotline, group)
    assert hotline.push(batch.document).status == 201
    expire(database.superuser, batch.jti)
    expire_group(database.superuser)
    answered = refuse(hotline, a_group_batch(hotline, a_revision(group)).document)
    assert told(answered) == [(0, "", "group_expired")]


def expire_group(superuser_url: str) -> None:
    """Let every group have expired a minute ago."""
    with psycopg.connect(superuser_url) as db:
        db.execute("UPDATE sharing_group SET expires_at = now() - interval '1 minute'")


def test_a_withdrawn_group_takes_nothing_more(refuse, hotline, platform) -> None:
    group = founded(hotline, platform)
    withdrawn = a_group_batch(hotline, a_withdrawal(group))
    assert hotline.push(withdrawn.document).status == 201
    signal = a_batch(platform, [a_signal()], audience=to_group(name_of(hotline, group)))
    assert told(refuse(platform, signal.document)) == [(None, "/audience/groups", "unknown_group")]
    again = a_group_batch(hotline, a_revision(group, revision=3))
    assert (0, "", "group_expired") in told(refuse(hotline, again.document))


def test_a_new_revision_says_who_is_in_the_group(refuse, hotline, platform) -> None:
    group = founded(hotline)
    audience = to_group(name_of(hotline, group))
    assert refuse(platform, a_batch(platform, [a_signal()], audience=audience).document).status == 422
    second = a_revision(group, members=members(hotline.name, platform.name))
    assert hotline.push(a_group_batch(hotline, second).document).status == 201
    assert platform.push(a_batch(platform, [a_signal()], audience=audience).document).status == 201


def test_two_groups_do_not_share_a_batch(refuse, hotline) -> None:
    group = a_group(hotline.name)
    both = a_batch(
        hotline,
        [group, a_group(hotline.name)],
        kind="group",
        schema="group/1",
        audience=to_group(name_of(hotline, group)),
    )
    assert (None, "/count", "rule_one_record_a_group") in told(refuse(hotline, both.document))


def test_a_group_is_not_open_to_all(refuse, hotline) -> None:
    answered = refuse(hotline, a_group_batch(hotline, a_group(hotline.name), audience=an_audience()).document)
    assert (None, "/audience/tlp", "rule_audience_of_a_group") in told(answered)


def test_a_thousand_members_are_a_group(hotline) -> None:
    unknown = [f"member-{number}.example" for number in range(1_000)]
    answered = hotline.push(a_group_batch(hotline, a_group(hotline.name, *unknown[1:])).document)
    assert len(told(answered)) == 999
    answered = hotline.push(a_group_batch(hotline, a_group(hotline.name, *unknown)).document)
    assert told(answered) == [(0, "/members", "length")]


def test_a_group_shrinks_while_its_expiry_stands(hotline, platform) -> None:
    group = founded(hotline, platform)
    expires = moment(now_seconds() + 400 * 86_400)
    smaller = a_group_batch(hotline, a_revision(group, members=members(hotline.name)), expires=expires)
    assert hotline.push(smaller.document).status == 201
