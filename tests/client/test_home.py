import pytest

from client.failures import NotConfigured
from client.home import Config, Home
from client.state.opening import State
from crypto.keys import private_key_from_seed

KEY = private_key_from_seed(b"\x07" * 32)
CONFIG = Config(
    organisation="hotline.example",
    federation="test.example",
    node="node.example",
    origin_url="https://node.example",
    node_root=KEY.thumbprint,
)


@pytest.fixture
def home(tmp_path):
    made = Home(tmp_path / "home")
    made.create()
    return made


def mode(path):
    return path.stat().st_mode & 0o777


def test_the_folder_is_0700_and_every_file_0600(home):
    home.write_config(CONFIG)
    home.add_key("exchange", KEY)
    State(home.state_path).close()
    assert mode(home.path) == 0o700
    assert {mode(path) for path in home.path.iterdir()} == {0o600}


def test_a_key_file_is_named_by_use_and_thumbprint(home):
    assert home.add_key("record", KEY).name == f"record-{KEY.thumbprint[:12]}.pem"


def test_settings_come_back_as_they_were_written(home):
    home.write_config(CONFIG)
    assert home.config() == CONFIG


def test_a_folder_that_others_may_read_is_refused(home):
    home.path.chmod(0o750)
    with pytest.raises(NotConfigured, match="home_mode"):
        home.check()


def test_a_state_file_that_others_may_read_is_refused(home):
    State(home.state_path).close()
    home.state_path.chmod(0o644)
    with pytest.raises(NotConfigured, match="state_mode"):
        State(home.state_path)


def test_a_key_under_another_keys_name_is_refused(home):
    path = home.add_key("record", KEY)
    path.rename(home.path / "record-AAAAAAAAAAAA.pem")
    with pytest.raises(NotConfigured, match="key_file"):
        home.key_files()


def test_an_existing_file_is_never_overwritten_by_a_new_key(home):
    home.add_key("record", KEY)
    with pytest.raises(NotConfigured, match="file_exists"):
        home.add_key("record", KEY)


def test_a_root_under_a_passphrase_is_left_out_until_it_is_given(home):
    home.add_key("root", KEY, passphrase=b"synthetic passphrase")
    assert home.key_files() == []
    assert len(home.key_files(root_passphrase=b"synthetic passphrase")) == 1


def fail_inside(state):
    with state.transaction():
        state.db.execute("INSERT INTO directory (one, seq, token) VALUES (1, 1, 'x')")
        raise LookupError


def test_a_transaction_that_fails_leaves_nothing(home):
    state = State(home.state_path)
    with pytest.raises(LookupError):
        fail_inside(state)
    assert state.db.execute("SELECT count(*) FROM directory").fetchone()[0] == 0
    state.close()
