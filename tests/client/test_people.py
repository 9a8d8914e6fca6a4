"""An administrator invites, lists and ends people by SDK and command."""

from datetime import timedelta

import pytest

from client.cli import run
from client.failures import NotVerified, Refused
from tests.client.exchanging import World
from tests.people.browser import Browser
from tests.people.inviting import AT_MOST, with_keys


@pytest.fixture
def ministry(world: World):
    simulated = with_keys(world.node.partner("ministry.example", sector="government"))
    world.node.admit(simulated, roles_at_most=AT_MOST)
    return world.member(simulated)


def invite(sdk, holder="auditor-7", roles=("auditor",)):
    return sdk.people.invite(holder, roles=roles, lifetime=timedelta(days=2))


def test_an_administrator_invites_a_person_who_can_join(world, ministry):
    invited = invite(ministry.sdk())
    browser = Browser(node=world.node)
    assert browser.join(invited.link).status == 303
    assert [(one.holder, one.status) for one in ministry.sdk().people.list()] == [("auditor-7", "active")]


def test_an_administrator_ends_a_person(world, ministry):
    sdk = ministry.sdk()
    browser = Browser(node=world.node)
    browser.join(invite(sdk).link)
    sdk.people.end("auditor-7")
    assert browser.get("/console/passkeys").status == 401
    assert [one.status for one in sdk.people.list()] == ["ended"]


def test_a_refused_invitation_says_which_rule_it_breaks(ministry):
    with pytest.raises(Refused) as refused:
        invite(ministry.sdk(), holder="contributor-system")
    assert [(one.pointer, one.code) for one in refused.value.refused] == [("/roles", "roles_of_holder_apart")]


def test_a_link_to_somewhere_else_is_given_to_nobody(ministry, monkeypatch):
    sdk = ministry.sdk()
    honest = sdk.people
    monkeypatch.setattr(type(sdk), "people", property(lambda _sdk: _elsewhere(honest)))
    with pytest.raises(NotVerified, match="invitation_link"):
        invite(sdk)


def _elsewhere(honest):
    return type(honest)(
        organisation=honest.organisation,
        federation=honest.federation,
        origin_url="https://other.example",
        source=honest.source,
        key=honest.key,
        ask=honest.ask,
    )


def test_the_command_lists_nobody_where_nobody_is_invited(listening, capsys):
    hotline = listening.join("hotline.example")
    assert run(["--home", str(hotline.home.path), "people", "list"]) == 0
    assert capsys.readouterr().out == "Nobody is invited.\n"


def test_the_command_says_why_nobody_can_be_invited(listening, capsys):
    hotline = listening.join("hotline.example")
    assert run(["--home", str(hotline.home.path), "people", "invite", "auditor-7"]) == 1
    assert "IP address" in capsys.readouterr().err


def test_a_holder_is_a_token_and_no_name(tmp_path, capsys):
    assert run(["--home", str(tmp_path), "people", "invite", "Jane Doe"]) == 2
    assert "auditor-7" in capsys.readouterr().err
