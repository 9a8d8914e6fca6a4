"""Keys and statements by the command, before any node is asked."""

import json
from dataclasses import replace

import pytest

from client.choosing import choose_key
from client.cli import run
from client.failures import NotConfigured
from client.home import Home, KeyFile
from client.known import read_statement
from crypto.keys import private_key_from_seed

ORGANISATION, FEDERATION = "newcomer.example", "test.example"
ROOT_OF_NODE = private_key_from_seed(b"\x09" * 32).thumbprint
SETTINGS = [
    *("--organisation", ORGANISATION, "--federation", FEDERATION),
    *("--node", "node.example", "--url", "https://node.example", "--node-root", ROOT_OF_NODE),
]
ROLES = ["--role", "administrator", "--role", "contributor"]
NEW = ["statement", "new", "--display-name", "Newcomer", "--sector", "ngo"]


@pytest.fixture
def home(tmp_path, havre):
    assert havre("init", *SETTINGS) == 0
    return Home(tmp_path / "home")


@pytest.fixture
def havre(tmp_path):
    return lambda *arguments: run(["--home", str(tmp_path / "home"), *map(str, arguments)])


@pytest.fixture
def stated(home, havre):
    for use in ("root", "record", "exchange"):
        assert havre("keys", "new", use) == 0
    assert havre(*NEW, *ROLES) == 0
    return home


def claims(home):
    return read_statement(home.newest_statement(), organisation=ORGANISATION, federation=FEDERATION).signed.claims


def a_passphrase(folder, name="secret.txt", *, mode=0o600):
    path = folder / name
    path.write_text(f"synthetic {name}\n")
    path.chmod(mode)
    return path


def last_thumbprint(capsys):
    return json.loads(capsys.readouterr().out.splitlines()[-1])["thumbprint"]


def test_a_new_exchange_key_gets_the_roles_of_those_in_force_and_they_are_named(stated, havre, capsys):
    havre("keys", "new", "exchange", "--json")
    new = last_thumbprint(capsys)
    assert havre("statement", "renew") == 0
    assert f"{new} gets the roles: administrator, contributor" in capsys.readouterr().err
    assert [one.roles for one in claims(stated).keys if one.use == "exchange"] == [
        ("administrator", "contributor"),
        ("administrator", "contributor"),
    ]


def test_a_role_that_is_said_stands_before_those_in_force(stated, havre):
    havre("keys", "new", "exchange")
    assert havre("statement", "renew", "--role", "consumer") == 0
    assert ("consumer",) in [one.roles for one in claims(stated).keys]


def test_a_first_statement_without_a_role_for_its_exchange_key_is_refused(home, havre):
    for use in ("root", "record", "exchange"):
        havre("keys", "new", use)
    assert havre(*NEW) == 2


def test_a_key_without_a_role_is_never_chosen_where_another_has_one(stated, havre):
    roled = next(one for one in stated.key_files() if one.use == "exchange")
    bare = private_key_from_seed(b"\x11" * 32)
    statement = claims(stated)
    listed = next(one for one in statement.keys if one.use == "exchange")
    without = replace(listed, jwk=replace(listed.jwk, x=bare.public.jwk["x"]), roles=())
    both = replace(statement, keys=(*statement.keys, without))
    keys = [roled, KeyFile(use="exchange", key=bare, path=roled.path)]
    assert choose_key(keys, "exchange", role="consumer", statement=both, at=listed.from_) == roled.key


def test_nothing_is_signed_by_a_record_key_that_is_revoked(stated, havre):
    record = next(one for one in stated.key_files() if one.use == "record")
    assert havre("statement", "revoke", record.key.thumbprint, "--reason", "compromised") == 0
    at = claims(stated).revoked[0].at
    with pytest.raises(NotConfigured, match="record_key_not_in_force"):
        choose_key([record], "record", role=None, statement=claims(stated), at=at)


def test_keys_of_a_node_are_never_listed_for_a_partner(stated, havre):
    stated.add_key("node", private_key_from_seed(b"\x12" * 32))
    assert {one.use for one in stated.key_files()} == {"root", "record", "exchange"}


@pytest.mark.parametrize("name", ["statement.jws", "node-AAAAAAAAAAAA.pem", "log-AAAAAAAAAAAA.pem"])
def test_the_home_of_a_node_is_refused_in_plain_words(stated, havre, capsys, name):
    stated.write(name, b"synthetic")
    assert havre("keys", "list") == 2
    assert "home of a node" in capsys.readouterr().err


def test_a_new_root_is_named_and_the_old_one_hands_over_to_it(stated, havre, capsys):
    old = claims(stated).root
    havre("keys", "new", "root")
    assert "A root is here already" in capsys.readouterr().err
    havre("keys", "new", "root", "--json")
    meant = last_thumbprint(capsys)
    assert havre("statement", "renew", "--new-root", meant[:6]) == 0
    assert f"to {meant}" in capsys.readouterr().err
    assert claims(stated).root != old


def test_a_new_root_that_is_not_the_only_one_named_is_refused(stated, havre, capsys):
    havre("keys", "new", "root")
    havre("keys", "new", "root")
    assert havre("statement", "renew", "--new-root", "") == 2
    assert claims(stated).seq == 1


def test_the_old_and_the_new_root_may_have_passphrases_of_their_own(home, havre, tmp_path, capsys):
    old, new = a_passphrase(tmp_path, "old"), a_passphrase(tmp_path, "new")
    for use in ("record", "exchange"):
        havre("keys", "new", use)
    havre("keys", "new", "root", "--passphrase-file", old)
    assert havre(*NEW, *ROLES, "--passphrase-file", old) == 0
    havre("keys", "new", "root", "--passphrase-file", new, "--json")
    meant = last_thumbprint(capsys)
    renewing = ["statement", "renew", "--new-root", meant, "--passphrase-file", old]
    assert havre(*renewing) == 2
    assert havre(*renewing, "--new-root-passphrase-file", new) == 0
    assert claims(home).root_change is not None


def test_a_first_statement_over_two_roots_is_refused(home, havre, capsys):
    for use in ("root", "root", "record"):
        havre("keys", "new", use)
    assert havre(*NEW) == 2
    assert "More than one root" in capsys.readouterr().err


def test_a_root_under_a_passphrase_is_in_the_list_of_keys(home, havre, tmp_path, capsys):
    havre("keys", "new", "root", "--passphrase-file", a_passphrase(tmp_path))
    capsys.readouterr()
    havre("keys", "list", "--json")
    (one,) = json.loads(capsys.readouterr().out)
    assert (one["use"], one["is_encrypted"]) == ("root", True)


def test_a_passphrase_file_that_others_may_read_is_refused(home, havre, tmp_path):
    open_one = a_passphrase(tmp_path, mode=0o644)
    assert havre("keys", "new", "root", "--passphrase-file", open_one) == 2
    assert home.root_files() == []


def test_a_stray_statement_file_is_passed_over(stated, havre):
    stated.write("statement-x.jws", b"synthetic")
    assert havre("statement", "show") == 0
