"""The node's own statement is renewed by its root: another year, other operators, other keys."""

from datetime import UTC, datetime

import pytest

from crypto.documents import STATEMENT, read_document
from crypto.keys import public_key_from_jwk
from server.commands import running
from server.commands.calling import NodeAddress, Operator
from server.commands.keyfiles import make_exchange_key, make_key
from server.commands.renewing import Changes, NotRenewed, next_statement
from server.organisations.reading import read_statement
from tests.http.serving import FEDERATION, NODE, ORIGIN


@pytest.fixture
def renew(api, havre_node, tmp_path):
    """Run `havre-node statement renew`, handed in by the first operator or another."""

    def run(*arguments, operator="first-operator", **changes):
        return havre_node(
            *("statement", "renew", "--operator-folder", tmp_path / operator, "--yes"),
            *("--connect", f"127.0.0.1:{api.address[1]}"),
            *arguments,
            **changes,
        )

    return run


@pytest.fixture
def third(tmp_path):
    return make_exchange_key(tmp_path / "third-operator", federation=FEDERATION, organisation=NODE)


def half_file(tmp_path):
    return next((tmp_path / "third-operator").glob("*.public.json"))


def stated(api):
    """The claims of the statement that the running node shows, and its list of keys by thumbprint."""
    address = NodeAddress(
        node=NODE,
        federation=FEDERATION,
        origin_url=ORIGIN,
        root_thumbprint=api.node.root_thumbprint,
        connect=f"127.0.0.1:{api.address[1]}",
    )
    token = Operator(address=address, key=api.node.operator).node_statement().token
    claims = read_document(token, typ=STATEMENT).claims
    return claims, {public_key_from_jwk(key["jwk"]).thumbprint: key for key in claims["keys"]}


def test_a_renewed_statement_holds_for_another_year(api, renew):
    ended = renew()
    assert "has taken statement 2" in ended.stdout, ended.stderr
    claims, _keys = stated(api)
    assert claims["seq"] == 2
    assert claims["exp"] - claims["iat"] == 365 * 86_400
    assert (api.node.settings.home / "statement-2.jws").is_file()


def test_an_operator_who_was_added_can_act(api, renew, third, tmp_path):
    assert renew("--add-operator", half_file(tmp_path)).returncode == 0
    assert "has taken statement 3" in renew(operator="third-operator").stdout


def test_an_operator_whose_key_was_revoked_can_do_nothing_more(api, renew):
    thumbprint = api.node.second_operator.thumbprint
    ended = renew("--revoke", thumbprint, "--reason", "compromised", "--since", "2026-01-01T00:00:00Z")
    assert "Too few operators are left" in ended.stdout, ended.stderr
    claims, _keys = stated(api)
    assert claims["revoked"] == [{"thumbprint": thumbprint, "at": "2026-01-01T00:00:00Z", "reason": "compromised"}]
    assert renew(operator="second-operator").returncode == 1


def test_nobody_hands_in_the_revocation_of_the_own_key(api, renew):
    ended = renew("--revoke", api.node.operator.thumbprint, "--reason", "retired")
    assert "Another operator" in ended.stderr
    assert stated(api)[0]["seq"] == 1


def test_a_node_key_is_changed_over_to_a_new_one(api, renew):
    ended = renew("--new-node-key")
    assert "restart the api then" in ended.stdout, ended.stderr
    node_keys = [key for key in stated(api)[1].values() if key["use"] == "node"]
    old, new = sorted(node_keys, key=lambda key: key["from"])
    assert (old["until"], new["until"]) == (new["from"], None)
    thumbprint = public_key_from_jwk(new["jwk"]).thumbprint
    assert (api.node.settings.home / f"node-{thumbprint[:12]}.pem").is_file()


def test_the_node_serves_on_while_both_node_keys_are_in_its_home(api, renew, havre_node):
    renew("--new-node-key")
    assert "signs with" in havre_node("status", "--bind", f"127.0.0.1:{api.address[1]}").stdout


def test_the_node_key_that_signs_is_not_revoked_before_the_change(api, renew):
    (thumbprint,) = [name for name, key in stated(api)[1].items() if key["use"] == "node"]
    assert "--new-node-key first" in renew("--revoke", thumbprint, "--reason", "compromised").stderr


def test_a_statement_is_not_renewed_by_another_root(api, tmp_path):
    newest = read_statement((api.node.settings.home / "statement.jws").read_text())
    with pytest.raises(NotRenewed, match="not the one that signs"):
        next_statement(newest, Changes(), root=make_key(), signer=api.node.operator.thumbprint)


def test_a_root_elsewhere_is_read_from_there(api, renew, tmp_path):
    (root,) = api.node.settings.home.glob("root-*.pem")
    offline = root.rename(tmp_path / "offline.pem")
    assert renew().returncode == 1
    assert renew("--root-key", offline).returncode == 0


def test_an_unknown_key_cannot_be_revoked(renew):
    assert "lists no key" in renew("--revoke", "A" * 43, "--reason", "retired").stderr


def test_a_revocation_says_why(renew):
    assert "go together" in renew("--revoke", "A" * 43).stderr


def test_the_own_node_is_told_from_another_at_the_same_address(api):
    bind = f"127.0.0.1:{api.address[1]}"
    own = next(key for key in stated(api)[1].values() if key["use"] == "node")
    assert running.OwnNode(host=NODE, key=public_key_from_jwk(own["jwk"])).answers_at(bind)
    assert not running.OwnNode(host=NODE, key=make_key().public).answers_at(bind)


def test_a_renewed_statement_begins_now(api, renew):
    before = int(datetime.now(UTC).timestamp())
    renew()
    assert 0 <= stated(api)[0]["iat"] - before < 60
