"""What is done once: keys, the first statement, the founding."""

import json
import stat

import pytest

from crypto.keys import load_private_key
from crypto.refusals import NotVerified
from server.commands import founding
from server.commands.keyfiles import KeyFileRefused, make_exchange_key, read_key, read_public_half
from server.settings import read_settings
from tests.http.serving import FEDERATION, NODE


@pytest.fixture
def settings(tmp_path):
    return read_settings(
        {
            "HAVRE_NODE": NODE,
            "HAVRE_FEDERATION": FEDERATION,
            "HAVRE_ORIGIN_URL": "https://node.example",
            "HAVRE_HOME": str(tmp_path / "home"),
            "DATABASE_URL": "postgresql://nowhere",
        }
    )


@pytest.fixture
def operators(tmp_path):
    return [make_exchange_key(tmp_path / name, federation=FEDERATION, organisation=NODE) for name in ("one", "two")]


def begin(settings, operators, **options):
    return founding.begin_node(settings, display_name="Node", sector="ngo", operators=operators, **options)


def test_a_node_begins_with_its_four_keys_and_a_statement(settings, operators):
    begin(settings, operators)
    names = sorted(path.name.partition("-")[0] for path in settings.home.iterdir())
    assert names == ["log", "node", "root", "statement.jws", "witness"]


def test_only_this_account_can_read_the_keys(settings, operators, tmp_path):
    begin(settings, operators)
    files = [*settings.home.iterdir(), *(tmp_path / "one").iterdir()]
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    assert {stat.S_IMODE(path.stat().st_mode) for path in (settings.home, tmp_path / "one")} == {0o700}


def test_the_root_key_can_be_under_a_passphrase(settings, operators):
    begun = begin(settings, operators, passphrase=b"a long phrase")
    assert (
        load_private_key(begun.root_path.read_bytes(), passphrase=b"a long phrase").thumbprint == begun.root_thumbprint
    )
    with pytest.raises(NotVerified):
        load_private_key(begun.root_path.read_bytes())


def test_a_node_needs_two_operators(settings, operators):
    with pytest.raises(founding.NotInitialised):
        begin(settings, [operators[0], operators[0]])


def test_a_node_is_not_begun_twice(settings, operators):
    begin(settings, operators)
    with pytest.raises(founding.NotInitialised):
        begin(settings, operators)


def test_a_public_half_holds_no_private_key(tmp_path, operators):
    handed = next((tmp_path / "one").glob("*.public.json")).read_text()
    assert set(json.loads(handed)) == {"jwk", "holder", "proof"}
    assert set(json.loads(handed)["jwk"]) == {"crv", "kty", "x"}


def test_a_public_half_for_another_node_is_refused(tmp_path, operators):
    path = next((tmp_path / "one").glob("*.public.json"))
    with pytest.raises(KeyFileRefused):
        read_public_half(path, federation=FEDERATION, organisation="other.example")


def test_a_public_half_with_another_key_in_it_is_refused(tmp_path, operators):
    path = next((tmp_path / "one").glob("*.public.json"))
    handed = json.loads(path.read_text())
    path.write_text(json.dumps(handed | {"jwk": operators[1].jwk}))
    with pytest.raises(KeyFileRefused):
        read_public_half(path, federation=FEDERATION, organisation=NODE)


def test_a_key_file_that_others_can_read_is_refused(settings, operators):
    begun = begin(settings, operators)
    begun.root_path.chmod(0o640)
    with pytest.raises(KeyFileRefused):
        read_key(begun.root_path)


def test_init_and_migrate_found_a_node_by_the_commands_alone(database, tmp_path, havre_node):
    changes = {"HAVRE_HOME": str(tmp_path / "fresh"), "HAVRE_NODE": "fresh.example"}
    begun = havre_node(
        "init",
        "--display-name",
        "Fresh",
        "--sector",
        "ngo",
        "--operator-folder",
        tmp_path / "a",
        "--operator-folder",
        tmp_path / "b",
        HAVRE_OWNER_DATABASE_URL=None,
        **changes,
    )
    assert "tell partners" in begun.stdout, begun.stderr
    assert (tmp_path / "fresh" / "statement.jws").is_file()


def test_migrate_can_be_said_again(havre_node):
    havre_node("migrate")
    assert "up to date" in havre_node("migrate").stdout


def test_migrate_needs_the_owner(havre_node):
    ended = havre_node("migrate", HAVRE_OWNER_DATABASE_URL=None)
    assert ended.returncode == 1
    assert "HAVRE_OWNER_DATABASE_URL" in ended.stderr


@pytest.fixture
def partners_folder(tmp_path):
    folder = tmp_path / "partner"
    folder.mkdir()
    (folder / "havre.toml").write_text('organisation = "hotline.example"\n')
    return folder


def files_of(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_node_is_not_begun_in_a_partners_folder(havre_node, partners_folder, tmp_path):
    folders = [argument for name in ("a", "b") for argument in ("--operator-folder", tmp_path / name)]
    ended = havre_node("init", "--display-name", "N", "--sector", "ngo", *folders, HAVRE_HOME=str(partners_folder))
    assert ended.returncode == 1
    assert "is a partner's folder" in ended.stderr
    assert files_of(partners_folder) == ["havre.toml"]
    assert not (tmp_path / "a").exists()


def test_no_database_is_migrated_for_a_partners_folder(havre_node, partners_folder):
    assert "is a partner's folder" in havre_node("migrate", HAVRE_HOME=str(partners_folder)).stderr


def test_no_operators_key_is_made_in_a_partners_folder(havre_node, partners_folder):
    assert "is a partner's folder" in havre_node("operator-key", partners_folder).stderr
    assert files_of(partners_folder) == ["havre.toml"]


def test_no_node_is_run_in_a_partners_folder(havre_node, partners_folder):
    ended = havre_node("up", "--folder", partners_folder)
    assert "is a partner's folder" in ended.stderr
    assert files_of(partners_folder) == ["havre.toml"]
