"""Who may connect to the embedded PostgreSQL, and what it writes down."""

import socket
import subprocess
import sys

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from server import embedded
from server.embedded.account import server_account


@pytest.fixture
def cluster():
    with embedded.temporary(durable=False) as postgres, psycopg.connect(_superuser(postgres), autocommit=True) as db:
        db.execute("CREATE ROLE havre_app LOGIN")
        yield postgres


@pytest.fixture
def tcp_cluster():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with (
        embedded.temporary(durable=False, tcp_port=port) as postgres,
        psycopg.connect(_superuser(postgres), autocommit=True) as db,
    ):
        db.execute("CREATE ROLE havre_app LOGIN")
        yield postgres


def _superuser(postgres) -> str:
    return postgres.dsn("postgres", "postgres")


def test_the_one_who_started_it_may_be_each_of_our_roles(cluster):
    with psycopg.connect(cluster.dsn("havre_app", "postgres")) as db:
        assert db.execute("SELECT current_user").fetchone() == ("havre_app",)


def test_a_role_that_is_not_ours_is_refused_even_to_the_one_who_started_it(cluster):
    with psycopg.connect(_superuser(cluster), autocommit=True) as db:
        db.execute("CREATE ROLE stranger LOGIN")
    with pytest.raises(psycopg.OperationalError, match="Peer authentication failed"):
        psycopg.connect(cluster.dsn("stranger", "postgres"))


def test_no_rule_of_access_trusts_anybody(tcp_cluster):
    with psycopg.connect(_superuser(tcp_cluster)) as db:
        rules = db.execute("SELECT type, address, auth_method FROM pg_hba_file_rules").fetchall()
    assert rules == [("local", None, "peer"), ("host", "127.0.0.1", "scram-sha-256")]


def test_nobody_else_can_reach_the_socket_or_the_data(cluster):
    assert cluster.address.socket_folder.stat().st_mode & 0o777 == 0o700
    assert (cluster.folder / "data").stat().st_mode & 0o777 == 0o700
    assert (cluster.folder / "postgresql.log").stat().st_mode & 0o777 == 0o600


def test_no_network_port_is_opened_unasked(cluster):
    with psycopg.connect(_superuser(cluster)) as db:
        assert db.execute("SHOW listen_addresses").fetchone() == ("",)


def test_an_asked_for_port_is_on_the_loopback_and_takes_the_right_password(tcp_cluster):
    with psycopg.connect(tcp_cluster.tcp_dsn("havre_app", "postgres")) as db:
        row = db.execute("SELECT current_user, host(inet_server_addr())").fetchone()
    assert row == ("havre_app", "127.0.0.1")


def test_a_wrong_password_is_refused(tcp_cluster):
    parts = conninfo_to_dict(tcp_cluster.tcp_dsn("havre_app", "postgres"))
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(**{**parts, "password": "not the password"})


def test_the_superuser_has_no_password_and_so_no_way_in_by_network(tcp_cluster):
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(
            host="127.0.0.1", port=tcp_cluster.address.port, user="postgres", dbname="postgres", password="guess"
        )


def test_a_password_is_written_into_no_log(tcp_cluster):
    password = conninfo_to_dict(tcp_cluster.tcp_dsn("havre_app", "postgres"))["password"]
    assert password not in (tcp_cluster.folder / "postgresql.log").read_text()


def test_a_refused_value_is_written_into_no_log(cluster):
    with psycopg.connect(_superuser(cluster), autocommit=True) as db:
        db.execute("CREATE TABLE print (value text UNIQUE)")
        db.execute("INSERT INTO print VALUES ('synthetic-value-0001')")
        with pytest.raises(psycopg.errors.UniqueViolation):
            db.execute("INSERT INTO print VALUES ('synthetic-value-0001')")
    log = (cluster.folder / "postgresql.log").read_text()
    assert "duplicate key" in log
    assert "synthetic-value" not in log


if server_account().is_other:  # only root can try it as somebody else

    @pytest.mark.parametrize("uid", [server_account().uid, 65_534])
    def test_another_account_is_refused(cluster, uid):
        tried = subprocess.run(
            [sys.executable, "-c", _AS_OTHER, str(uid), cluster.dsn("havre_app", "postgres")],
            check=False,
            capture_output=True,
            text=True,
        )
        assert tried.returncode == 1
        assert "OperationalError" in tried.stderr


# The interpreter itself may lie where the other account cannot read: it loads everything first, then changes who it is.
_AS_OTHER = """
import os, sys, psycopg
os.setgroups([]); os.setgid(65534); os.setuid(int(sys.argv[1]))
psycopg.connect(sys.argv[2]).close()
"""
