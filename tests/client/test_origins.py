"""An origin that cannot be verified stops nobody else, and approvals that no longer count stop nobody for ever."""

import json
import time
from contextlib import suppress

import orjson
import pytest

from client.cli import run
from client.failures import NotVerified, RootChanged
from crypto.documents import DIRECTORY, read_document, sign_document
from tests.client.exchanging import PURPOSE, drafts
from tests.client.test_trust import on, signed_again
from tests.partners import DAY, a_key, now_seconds


@pytest.fixture
def hotline(world):
    return pushed(world, world.join("hotline.example"), 1)


@pytest.fixture
def platform(world, hotline):
    return world.join("platform.example", sector="platform")


def pushed(world, member, *numbers):
    member.sdk().push(drafts(*numbers))
    world.place()
    return member


def pulled(partner, *failures):
    """The pages that came before what was raised at the end, whose class must be one of `failures`."""
    pages = []
    with suppress(*failures):
        pages.extend(partner.pull(purpose=PURPOSE))
    return pages


def origins(partner):
    return {one.origin for one in partner.live_records()}


def swapping_root(world, victim):
    forged = world.node.partner(victim, seed="forged")

    def swap(said):
        claims = read_document(orjson.loads(said)["directory"], typ=DIRECTORY).claims
        for member in claims["members"]:
            if member["organisation"] == victim:
                member["root"] = forged.root.thumbprint
        claims["seq"] += 1
        token = sign_document(claims, typ=DIRECTORY, key=world.node.key, keyid=world.node.keyid)
        return orjson.dumps({"directory": token})

    return on("/v1/directory", swap)


def test_an_origin_with_another_root_is_held_and_all_others_go_on(world, hotline, platform):
    pushed(world, world.join("ngo.example"), 2)
    reader = platform.sdk()
    platform.transport.alter = swapping_root(world, "hotline.example")
    pages = pulled(reader, RootChanged)
    assert [(page.held, dict(page.unverified)) for page in pages] == [(1, {"hotline.example": "root_changed"})]
    assert origins(reader) == {"ngo.example"}


def test_what_was_held_for_its_origin_is_told_once_when_it_can_be_verified(world, hotline, platform):
    reader = platform.sdk()
    platform.transport.alter = swapping_root(world, "hotline.example")
    pulled(reader, RootChanged)
    platform.transport.alter = None
    reader.state.db.execute("DELETE FROM directory")
    pages = pulled(platform.sdk())
    assert [page.records for page in pages] == [1]
    assert origins(reader) == {"hotline.example"}
    assert [page.records for page in pulled(platform.sdk())] == [0]


def test_a_held_origin_keeps_its_places_so_that_a_hole_still_convicts_the_node(world, hotline, platform):
    reader = platform.sdk()
    pulled(reader)
    pushed(world, hotline, 2)
    pushed(world, hotline, 3)
    swap = swapping_root(world, "hotline.example")
    drop = signed_again(world, drop_first)
    platform.transport.alter = lambda request, response: drop(request, swap(request, response))
    with pytest.raises(NotVerified, match="chain_hole"):
        list(reader.pull(purpose=PURPOSE))


def drop_first(request, body):
    if request.url.path != "/v1/feed":
        return body
    kept = b'{"manifest":' + body.split(b'{"manifest":')[2]
    return kept.replace(b'"batches":2', b'"batches":1').replace(b'"records":2', b'"records":1')


def test_one_held_batch_that_fails_keeps_no_other_from_its_release(world, hotline, platform):
    pushed(world, world.join("ngo.example"), 2)
    reader = platform.sdk()
    reader.trust.update_known(reader.trust.refresh_directory())
    doubted = NotVerified("admission", about="either")
    reader.trust.update_known = lambda _directory: reader.trust._unverified.update(
        {"hotline.example": doubted, "ngo.example": doubted}
    )
    assert [page.held for page in pulled(reader, NotVerified)] == [2]
    reader.state.db.execute(
        "UPDATE held SET document = replace(CAST(document AS TEXT), '\"image\"', '\"video\"') WHERE origin LIKE 'hot%'"
    )
    reader.state.db.execute("UPDATE held SET document = CAST(document AS BLOB)")
    restarted = platform.sdk()
    pages = pulled(restarted, NotVerified)
    assert dict(pages[0].unverified) == {"hotline.example": "batch_root"}
    assert origins(restarted) == {"ngo.example"}


def test_the_command_pulls_the_others_and_exits_5_for_an_origin_that_is_held(listening, tmp_path, capsys):
    hotline = pushed(listening, listening.join("hotline.example"), 1)
    platform = listening.join("platform.example")
    assert command(platform) == 0
    old = hotline.simulated
    new_root = a_key("hotline.example", "new root")
    statement = old.statement(by=new_root, root=new_root.public.jwk)
    assert old.put_statement(statement).status == 200
    listening.node.decide("replace_root", statement)
    pushed(listening, listening.join("ngo.example"), 2)
    capsys.readouterr()
    assert command(platform, "--json") == 5
    said = capsys.readouterr()
    assert json.loads(said.out)["unverified"] == {"hotline.example": "root_changed"}
    assert "havre trust hotline.example" in said.err
    assert origins(platform.sdk()) == {"hotline.example", "ngo.example"}


def command(member, *more):
    return run(["--home", str(member.home.path), "pull", "--purpose", "detection", *more])


def a_third_operator(world):
    node = world.node.organisation
    third = node.add_key("operator-3", roles=["operator"], holder="operator-3")
    assert node.put_statement(node.statement()).status == 200
    return third


def revoke(world, held, *, at):
    held.revoked_at, held.revoked_reason = at, "compromised"
    assert world.node.organisation.put_statement(world.node.organisation.statement()).status == 200


def test_a_member_that_a_stolen_key_suspended_and_two_lifted_is_known_to_a_fresh_reader(world, hotline, platform):
    third, node = a_third_operator(world), world.node.organisation
    suspension = node.approval("suspend", hotline.simulated.statements[-1], by=third, iat=now_seconds())
    assert node.approve(suspension, by=third).status == 201
    revoke(world, third, at=now_seconds() - 1)
    wait_a_second()
    world.node.lift(hotline.simulated)
    world.place()
    assert [page.records for page in pulled(platform.sdk())] == [1]


def wait_a_second():

    time.sleep(1.1)


def test_a_member_admitted_by_a_key_that_was_stolen_before_is_held_and_nobody_else(world, hotline, platform):
    revoked_two(world)
    third = a_third_operator(world)
    other = world.node.partner("ngo.example")
    admit_by(world, other, third, world.node.operators[1])
    pushed(world, world.member(other), 5)
    reader = platform.sdk()
    pages = pulled(reader, NotVerified)
    assert "ngo.example" not in pages[0].unverified
    assert dict(pages[0].unverified)["hotline.example"] == "admission"
    assert origins(reader) == {"ngo.example"}


def revoked_two(world):
    revoke(world, world.node.operators[0], at=now_seconds() - DAY)


def admit_by(world, partner, first, second):
    node, statement = world.node.organisation, partner.statement()
    assert partner.apply(statement).status == 201
    for held in (first, second):
        assert node.approve(node.approval("admit", statement, by=held), by=held).status == 201
    partner.keep(statement)


def test_an_operator_is_judged_by_the_roles_that_were_admitted_when_it_signed(world, hotline, platform):
    operators = world.node.partner("operators.example", roles=["administrator", "operator"])
    world.node.admit(operators, roles_at_most=["administrator", "operator"])
    member = world.node.partner("ngo.example")
    statement = member.statement()
    assert member.apply(statement).status == 201
    assert world.node.approve("admit", statement).status == 201
    assert operators.approve(operators.approval("admit", statement)).status == 201
    member.keep(statement)
    wait_a_second()
    operators.exchange.roles = ["administrator"]
    changed = operators.statement(display_name="No operator any more")
    assert operators.put_statement(changed).json["status"] == "pending"
    world.node.decide("admit", changed, roles_at_most=["administrator"])
    operators.keep(changed)
    pushed(world, world.member(member), 6)
    reader = platform.sdk()
    pulled(reader)
    assert origins(reader) == {"hotline.example", "ngo.example"}


def test_a_root_replaced_with_a_new_name_is_admitted_by_the_same_two_approvals(world, hotline, platform):
    simulated = hotline.simulated
    new_root = a_key("hotline.example", "new root")
    statement = simulated.statement(by=new_root, root=new_root.public.jwk, display_name="Another name")
    both = [
        world.node.organisation.approval("replace_root", statement, by=operator) for operator in world.node.operators
    ]
    reader = platform.sdk()
    pulled(reader)
    reader.trust.trust("hotline.example", new_root.thumbprint)
    shown = said_of(hotline)
    reader.trust._read_signed = lambda _target: orjson.dumps(
        shown | {"statements": [*shown["statements"], statement], "approvals": [*shown["approvals"], *both]}
    )
    reader.trust.learn("hotline.example")
    assert reader.trust.standing("hotline.example").statements[-1].root == new_root.thumbprint


def said_of(member):
    return member.simulated.get(f"/v1/organisations/{member.simulated.name}").json


def paged(shown, asked, *, size=1):
    """A node that shows `size` statements at a time, after the one that is named."""

    def read(target):
        asked.append(target)
        after = int(target.partition("?after=")[2] or 0)
        return orjson.dumps(shown | {"statements": shown["statements"][after : after + size]})

    return read


def renewed(member, times):
    for _ in range(times):
        assert member.simulated.put_statement(member.simulated.statement()).status == 200


def test_evidence_is_read_page_by_page_until_no_statement_follows(hotline, platform):
    renewed(hotline, 2)
    reader, asked = platform.sdk(), []
    reader.whoami()
    reader.trust._read_signed = paged(said_of(hotline), asked)
    reader.trust.learn("hotline.example")
    assert [one.seq for one in reader.trust.statements("hotline.example")] == [1, 2, 3]
    path = "/v1/organisations/hotline.example"
    assert asked == [path, f"{path}?after=1", f"{path}?after=2", f"{path}?after=3"]


def test_only_what_follows_the_known_statements_is_asked_for(hotline, platform):
    reader, asked = platform.sdk(), []
    reader.whoami()
    reader.trust.learn("hotline.example")
    renewed(hotline, 1)
    reader.trust._read_signed = paged(said_of(hotline), asked)
    reader.trust.learn("hotline.example")
    assert [one.seq for one in reader.trust.statements("hotline.example")] == [1, 2]
    assert asked[0] == "/v1/organisations/hotline.example?after=1"


def test_a_page_that_leaves_a_statement_out_is_refused(hotline, platform):
    renewed(hotline, 2)
    reader = platform.sdk()
    reader.whoami()
    shown = said_of(hotline)
    reader.trust._read_signed = paged(shown | {"statements": [shown["statements"][0], shown["statements"][2]]}, [])
    with pytest.raises(NotVerified, match="statement_seq"):
        reader.trust.learn("hotline.example")


def test_a_revocation_counts_although_nobody_admits_its_organisation_any_more(world, hotline, platform):
    reader = platform.sdk()
    pulled(reader)
    simulated = hotline.simulated
    simulated.record.revoked_at, simulated.record.revoked_reason = now_seconds() - DAY, "compromised"
    renewed(hotline, 1)
    revoke(world, world.node.operators[0], at=now_seconds() - DAY)
    pages = pulled(reader, NotVerified)
    assert dict(pages[0].unverified) == {"hotline.example": "admission"}
    assert origins(reader) == set()
