"""What a caller learns of opinions: how many of those it may see say what, and of a hidden record nothing."""

import psycopg

from tests.exchanges import place
from tests.groups.building import founded, name_of, to_group
from tests.opinions.building import an_opinion, an_opinion_batch, to_origin
from tests.partners import Answered, Partner, an_id
from tests.signals import a_batch, a_signal, an_audience

NONE = {"seen": 0, "confirmed": 0, "disputed": 0, "not_actionable": 0, "outdated": 0}


def asked(partner: Partner, origin: Partner, record_id: str, *, purpose: str = "detection") -> Answered:
    return partner.get(f"/v1/records/{origin.name}/{record_id}/opinions", purpose=purpose)


def test_opinions_are_counted_by_verdict(node, hotline, platform, shared) -> None:
    third = node.join("third.example")
    place(node)
    platform.push(an_opinion_batch(platform, hotline, [an_opinion(hotline, shared)]).document)
    third.push(an_opinion_batch(third, hotline, [an_opinion(hotline, shared, "disputed")]).document)
    place(node)
    answered = asked(platform, hotline, shared["id"])
    assert answered.status == 200
    assert answered.json == {
        "origin": hotline.name,
        "id": shared["id"],
        "counts": {**NONE, "confirmed": 1, "disputed": 1},
        "disputed": True,
    }


def test_a_record_without_opinions_counts_none(hotline, platform, shared) -> None:
    assert asked(platform, hotline, shared["id"]).json["counts"] == NONE
    assert asked(platform, hotline, shared["id"]).json["disputed"] is False


def test_what_was_told_to_the_origin_alone_counts_for_it_and_its_giver(node, hotline, platform, shared) -> None:
    third = node.join("third.example")
    opinion = an_opinion(hotline, shared, "disputed")
    platform.push(an_opinion_batch(platform, hotline, [opinion], audience=to_origin(hotline)).document)
    place(node)
    told = {
        partner.name: asked(partner, hotline, shared["id"]).json["disputed"] for partner in (hotline, platform, third)
    }
    assert told == {"hotline.example": True, "platform.example": True, "third.example": False}


def test_opinions_for_another_purpose_are_not_counted(node, hotline, platform) -> None:
    third = node.join("third.example")
    signal, audience = a_signal(), an_audience(purposes=["detection", "statistics"])
    hotline.push(a_batch(hotline, [signal], audience=audience).document)
    place(node)
    platform.push(an_opinion_batch(platform, hotline, [an_opinion(hotline, signal)], audience=audience).document)
    place(node)
    assert asked(third, hotline, signal["id"], purpose="statistics").json["counts"]["confirmed"] == 1
    assert asked(third, hotline, signal["id"], purpose="investigation").status == 404
    assert asked(hotline, hotline, signal["id"], purpose="investigation").json["counts"]["confirmed"] == 1


def test_a_hidden_record_is_answered_as_one_that_is_not_there(node, hotline, platform) -> None:
    hidden = a_signal()
    audience = to_group(name_of(hotline, founded(hotline)))
    hotline.push(a_batch(hotline, [hidden], audience=audience).document)
    place(node)
    bodies = [asked(platform, hotline, record_id).json for record_id in (hidden["id"], an_id())]
    assert {body.pop("request_id") is not None for body in bodies} == {True}
    assert bodies[0] == bodies[1]
    assert bodies[0]["code"] == "not_found"


def test_a_contributor_is_told_of_its_own_records_alone(node, platform) -> None:
    sender = node.join("sender.example", roles=["contributor"])
    own, others = a_signal(), a_signal()
    sender.push(a_batch(sender, [own]).document)
    platform.push(a_batch(platform, [others]).document)
    place(node)
    platform.push(an_opinion_batch(platform, sender, [an_opinion(sender, own)]).document)
    assert asked(sender, sender, own["id"]).json["counts"]["confirmed"] == 1
    assert asked(sender, platform, others["id"]).status == 404


def test_what_is_no_record_id_is_not_found(hotline) -> None:
    assert asked(hotline, hotline, "nothing").status == 404


def test_an_opinion_that_a_stolen_key_signed_counts_no_more(node, hotline, platform, shared, database) -> None:
    platform.push(an_opinion_batch(platform, hotline, [an_opinion(hotline, shared, "disputed")]).document)
    place(node)
    assert asked(hotline, hotline, shared["id"]).json["disputed"] is True
    with psycopg.connect(database.owner) as db:
        db.execute(
            "UPDATE signing_key SET revoked_at = now() - interval '1 day', revoked_reason = 'compromised'"
            "  FROM batch WHERE batch.record_key = signing_key.thumbprint AND batch.origin_id ="
            "       (SELECT organisation_id FROM organisation WHERE name = 'platform.example')"
        )
    assert asked(hotline, hotline, shared["id"]).json["counts"] == NONE
