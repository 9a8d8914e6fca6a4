"""Groups from their owner's side: created, changed, withdrawn; and what happens when two do it, or one dies."""

import orjson
import pytest

from client.failures import Unreachable
from client.grouping import GroupChange
from crypto.documents import BATCH, read_document
from tests.client.exchanging import EXPIRES, PURPOSE, drafts, in_days, terms


@pytest.fixture
def hotline(world):
    return world.join("hotline.example")


@pytest.fixture
def platform(world, hotline):
    return world.join("platform.example", sector="platform")


def created(sdk, *, members=None, name="Synthetic circle"):
    given, outcome = sdk.groups.create(
        name=name,
        purpose_text="To test sharing.",
        members={"platform.example": "member"} if members is None else members,
        history="all",
        expires=EXPIRES,
    )
    assert outcome.refused == []
    return given


def pulled(member):
    sdk = member.sdk()
    list(sdk.pull(purpose=PURPOSE))
    return sdk


def codes(outcome):
    return [(one.pointer, one.code) for one in outcome.refused]


def cut_off(sdk):
    """The network fails from now on; what is returned mends it."""

    def unreachable(*_given):
        raise Unreachable("no_answer")

    send = sdk.wire._send
    sdk.wire._send = unreachable
    return lambda: setattr(sdk.wire, "_send", send)


def test_a_group_is_live_for_its_owner_who_is_a_member_without_being_named(hotline, platform):
    sdk = hotline.sdk()
    name = created(sdk)
    group = sdk.groups.named(name)
    assert group.name == name
    assert [(one.organisation, one.role) for one in group.group.members] == [
        ("hotline.example", "member"),
        ("platform.example", "member"),
    ]
    assert group.expires == EXPIRES


def test_a_member_pulls_the_group_and_what_is_shared_with_it(world, hotline, platform):
    sdk = hotline.sdk()
    name = created(sdk)
    assert sdk.push(drafts(1, terms_=terms(tlp="AMBER", groups=(name,)))).pushed == 1
    world.place()
    reader = pulled(platform)
    assert reader.groups.named(name).role_of("platform.example") == "member"
    assert len(list(reader.live_records(kind="signal"))) == 1


def test_whoever_is_not_in_the_group_gets_nothing(world, hotline, platform):
    stranger = world.join("stranger.example")
    sdk = hotline.sdk()
    name = created(sdk)
    sdk.push(drafts(1, terms_=terms(tlp="AMBER", groups=(name,))))
    world.place()
    assert list(pulled(stranger).live_records()) == []


def test_a_change_is_the_next_revision_and_replaces_the_one_before(world, hotline, platform):
    world.join("ngo.example")
    sdk = hotline.sdk()
    name = created(sdk)
    before = sdk.groups.named(name).group
    outcome = sdk.groups.change(name, GroupChange(add={"ngo.example": "observer"}, remove=("platform.example",)))
    assert (outcome.pushed, outcome.refused) == (1, [])
    after = sdk.groups.named(name)
    assert (after.group.revision, len(after.group.replaces)) == (2, 1)
    assert after.role_of("ngo.example") == "observer"
    assert after.role_of("platform.example") is None
    assert after.group.members[0].since == before.members[0].since


def test_a_change_that_changes_nothing_makes_no_revision(hotline, platform):
    sdk = hotline.sdk()
    name = created(sdk)
    assert sdk.groups.change(name, GroupChange(add={"platform.example": "member"})).already == 1
    assert sdk.groups.named(name).group.revision == 1


def test_a_live_groups_name_is_given_once(hotline, platform):
    sdk = hotline.sdk()
    created(sdk)
    _, outcome = sdk.groups.create(
        name="Synthetic circle", purpose_text="Again.", members={}, history="all", expires=EXPIRES
    )
    assert codes(outcome) == [("/name", "group_name_taken")]


def test_creating_a_group_again_after_a_crash_finds_the_one_that_was_made(hotline, platform):
    dying = hotline.sdk()
    mend = cut_off(dying)
    with pytest.raises(Unreachable):
        created(dying)
    mend()
    after = hotline.sdk()
    name = created(after)
    assert [one.name for one in after.groups.live()] == [name]
    assert created(after) == name


def test_an_owner_can_be_neither_observer_nor_removed(hotline, platform):
    sdk = hotline.sdk()
    name = created(sdk)
    observed = sdk.groups.change(name, GroupChange(add={"hotline.example": "observer"}))
    removed = sdk.groups.change(name, GroupChange(remove=("hotline.example",)))
    assert codes(observed) == codes(removed) == [("/members", "owner_not_member")]


def test_whom_the_group_does_not_name_cannot_be_removed(hotline, platform):
    sdk = hotline.sdk()
    name = created(sdk)
    assert codes(sdk.groups.change(name, GroupChange(remove=("ngo.example",)))) == [("/members", "not_in_group")]


def test_an_organisation_that_the_node_does_not_know_is_refused(hotline, platform):
    sdk = hotline.sdk()
    name = created(sdk)
    outcome = sdk.groups.change(name, GroupChange(add={"nobody.example": "member"}))
    assert [code for _, code in codes(outcome)] == ["unknown_organisation"]
    assert sdk.groups.named(name).group.revision == 1


def test_anothers_group_cannot_be_changed(world, hotline, platform):
    name = created(hotline.sdk())
    world.place()
    reader = pulled(platform)
    assert codes(reader.groups.change(name, GroupChange(name="Mine"))) == [("", "not_own_group")]
    assert codes(reader.groups.withdraw(name, reason="other")) == [("", "not_own_group")]


def test_an_observer_cannot_share_with_the_group(world, hotline, platform):
    name = created(hotline.sdk(), members={"platform.example": "observer"})
    world.place()
    outcome = pulled(platform).push(drafts(1, terms_=terms(tlp="AMBER", groups=(name,))))
    assert codes(outcome) == [("/audience/groups", "observer_cannot_share")]


def test_a_withdrawn_group_is_live_no_more_and_cannot_be_changed(world, hotline, platform):
    sdk = hotline.sdk()
    name = created(sdk)
    assert sdk.groups.withdraw(name, reason="other").pushed == 1
    assert sdk.groups.named(name) is None
    assert codes(sdk.groups.change(name, GroupChange(name="Again"))) == [("", "record_withdrawn")]
    world.place()
    assert pulled(platform).groups.named(name) is None


def test_a_crash_between_journal_and_sending_makes_no_second_revision_of_one_number(hotline, platform):
    name = created(hotline.sdk())
    dying = hotline.sdk()
    mend = cut_off(dying)
    with pytest.raises(Unreachable):
        dying.groups.change(name, GroupChange(name="First"))
    mend()
    after = hotline.sdk()
    outcome = after.groups.change(name, GroupChange(purpose_text="Second."))
    assert (outcome.resent, outcome.pushed, outcome.refused) == (1, 1, [])
    group = after.groups.named(name).group
    assert (group.revision, group.name, group.purpose_text) == (3, "First", "Second.")


def test_nothing_is_signed_while_an_earlier_revision_cannot_be_sent(hotline, platform):
    name = created(hotline.sdk())
    dying = hotline.sdk()
    cut_off(dying)
    for text in ("First", "Second"):
        with pytest.raises(Unreachable):
            dying.groups.change(name, GroupChange(name=text))
    assert dying.count_unsent() == 1


def test_the_second_of_two_machines_is_told_revision_taken_and_succeeds_after_a_pull(
    world, hotline, platform, tmp_path
):
    name = created(hotline.sdk())
    world.place()
    other = world.member(hotline.simulated, folder="second-machine")
    second = pulled(other)
    assert hotline.sdk().groups.change(name, GroupChange(name="First")).pushed == 1
    assert codes(second.groups.change(name, GroupChange(purpose_text="Second."))) == [("/revision", "revision_taken")]
    world.place()
    assert pulled(other).groups.change(name, GroupChange(purpose_text="Second.")).pushed == 1
    live = other.sdk().groups.named(name).group
    assert (live.revision, live.name, live.purpose_text) == (3, "First", "Second.")


def test_a_group_change_publishes_nothing_that_an_earlier_push_left_in_the_journal(hotline, platform):
    sdk = hotline.sdk()
    name = created(sdk)
    mend = cut_off(sdk)
    with pytest.raises(Unreachable):
        sdk.push(drafts(1, 2))
    mend()
    outcome = sdk.groups.change(name, GroupChange(name="Other"))
    assert (outcome.pushed, outcome.resent, outcome.unsent) == (1, 0, 2)


def test_a_groups_record_is_addressed_to_itself_alone(hotline, platform):
    sdk = hotline.sdk()
    name = created(sdk)
    (live,) = sdk.live_records(kind="group")
    assert read_document(live.manifest, typ=BATCH).claims["audience"] == {
        "tlp": "AMBER+STRICT",
        "groups": [name],
        **{empty: [] for empty in ("organisations", "sectors", "purposes")},
    }
    assert orjson.loads(live.line)["id"] == name.partition("/")[2]


def test_terms_that_no_batch_can_have_are_refused_before_anything_is_signed(hotline):
    sdk = hotline.sdk()
    outcome = sdk.push(drafts(1, terms_=terms(tlp="AMBER", expires=in_days(30))))
    assert codes(outcome) == [("/audience/organisations", "rule_amber_names_somebody")]
    assert sdk.count_unsent() == 0
