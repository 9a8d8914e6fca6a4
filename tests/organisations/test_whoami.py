"""Who am I: the first signed exchange, both ways."""

from tests.partners import now_seconds


def test_an_operator_of_the_node_is_told_who_it_is(node):
    answered = node.organisation.get("/v1/whoami", by=node.operators[0])
    assert answered.status == 200
    assert answered.json["organisation"] == "node.example"
    assert answered.json["roles"] == ["operator"]


def test_a_newly_admitted_partner_is_told_its_roles_in_force_and_its_statement(node):
    partner = node.join("hotline.example", sector="hotline", roles=["contributor"])
    told = partner.get("/v1/whoami", purpose="detection").json
    assert (told["organisation"], told["sector"], told["status"]) == ("hotline.example", "hotline", "active")
    assert (told["roles"], told["statement_seq"]) == (["contributor"], 1)
    assert told["keyid"] == partner.keyid(partner.exchange.key)
    assert told["statement_exp"] > now_seconds()


def test_every_answer_carries_a_receipt_that_opens_its_entry(node):
    partner = node.join("hotline.example")
    receipt = partner.get("/v1/whoami").receipt
    assert '"action":"read_whoami"' in partner.get(f"/v1/log/entries/{receipt}").json["entry"]
