"""docker-compose.yml, the image and the proxy keep what they promise (read as text: no container is started here)."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES = COMPOSE["services"]
NODE = ["admin", "api", "eraser", "migrate", "sequencer", "worker"]
LASTING = ["api", "database", "eraser", "proxy", "sequencer", "worker"]
NGINX = (ROOT / "deploy" / "nginx.conf").read_text()
DOCKERFILE = (ROOT / "Dockerfile").read_text()


def test_there_is_a_service_for_each_part_of_a_node():
    assert sorted(SERVICES) == sorted({*NODE, *LASTING})


@pytest.mark.parametrize("name", LASTING)
def test_each_lasting_service_has_a_health_check_and_restarts(name):
    assert SERVICES[name]["healthcheck"]["test"][0] == "CMD"
    assert SERVICES[name]["restart"] == "unless-stopped"


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_no_service_is_privileged_or_can_become_so(name):
    service = SERVICES[name]
    assert "privileged" not in service
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not {"pid", "ipc", "userns_mode", "devices", "extra_hosts"} & set(service)


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_each_service_has_a_read_only_file_system(name):
    assert SERVICES[name]["read_only"] is True


def test_only_the_proxy_publishes_a_port():
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["proxy"]


def test_only_the_proxy_is_in_a_network_that_leads_outside():
    assert COMPOSE["networks"]["inside"]["internal"] is True
    outside = [name for name, service in SERVICES.items() if "outside" in service.get("networks", [])]
    assert outside == ["proxy"]


def test_the_api_takes_plain_http_only_on_the_loopback_that_it_shares_with_the_proxy():
    assert SERVICES["api"]["network_mode"] == "service:proxy"
    assert "proxy_pass http://127.0.0.1:8000;" in NGINX


def test_every_secret_is_a_file_that_prepare_makes_or_asks_for():
    prepare = (ROOT / "deploy" / "prepare").read_text()
    roles = re.findall(r"for role in ([a-z ]+);", prepare)[0].split()
    made = {f"{role}_password" for role in roles} | {f"{role}.pgpass" for role in roles if role != "superuser"}
    asked = set(re.findall(r"for file in ([a-z_. ]+);", prepare)[0].split())
    assert set(COMPOSE["secrets"]) <= made | asked
    assert all(set(secret) == {"file"} for secret in COMPOSE["secrets"].values())


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_a_service_uses_only_secrets_that_exist_and_none_in_its_environment(name):
    service = SERVICES[name]
    assert set(service.get("secrets", [])) <= set(COMPOSE["secrets"])
    wrong = [key for key in service.get("environment", {}) if re.search(r"PASSWORD$|SECRET$|TOKEN$|_KEY$", key)]
    assert wrong == []
    assert not re.search(r"postgresql://\w+:\w", str(service))


def test_a_process_has_the_passwords_of_its_own_roles_only():
    assert {name: SERVICES[name]["secrets"] for name in NODE} == {
        "admin": ["app.pgpass"],
        "api": ["app.pgpass", "auditor.pgpass"],
        "eraser": ["app.pgpass", "eraser.pgpass"],
        "migrate": ["app.pgpass", "owner.pgpass"],
        "sequencer": ["app.pgpass", "sequencer.pgpass"],
        "worker": ["app.pgpass", "worker.pgpass"],
    }


def test_the_nodes_processes_run_the_same_command_as_a_single_machine():
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    assert "havre-node" in scripts
    assert 'ENTRYPOINT ["havre-node"]' in DOCKERFILE
    commands = {name: SERVICES[name]["command"] for name in ("api", "eraser", "migrate", "sequencer", "worker")}
    assert commands == {name: [name] for name in commands}


def test_every_command_of_a_service_is_one_of_havre_node():
    program = Path(sys.executable).with_name("havre-node")
    known = subprocess.run([program, "--help"], check=True, capture_output=True, text=True).stdout
    assert {"api", "migrate", "sequencer", "worker", "status", "init"} <= set(re.findall(r"\w+", known))


@pytest.mark.parametrize("name", ["api", "eraser", "sequencer", "worker"])
def test_nothing_starts_before_the_migration_has_ended_well(name):
    assert SERVICES[name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}


def test_only_who_keeps_something_there_may_write_where_the_keys_are():
    seen = {name: SERVICES[name].get("volumes", []) for name in NODE}
    assert {name: volumes for name, volumes in seen.items() if volumes} == {
        "admin": ["home:/var/lib/havre"],
        "api": ["home:/var/lib/havre:ro"],
        # The list of what was erased, beside the database as the next.
        "eraser": ["home:/var/lib/havre"],
        "migrate": ["home:/var/lib/havre:ro"],
        # The high-water, which is beside the database on purpose.
        "sequencer": ["home:/var/lib/havre"],
    }


def test_mounted_files_and_volumes_exist():
    mounts = [each.split(":")[0] for service in SERVICES.values() for each in service.get("volumes", [])]
    assert all((ROOT / each).is_file() for each in mounts if each.startswith("./"))
    assert {each for each in mounts if not each.startswith("./")} == set(COMPOSE["volumes"])


def test_the_proxy_speaks_tls_1_3_only_and_takes_no_replayable_early_data():
    assert re.findall(r"^\s*ssl_protocols (.*);", NGINX, re.MULTILINE) == ["TLSv1.3"]
    assert "ssl_early_data off;" in NGINX
    assert re.findall(r"^\s*listen (.*);", NGINX, re.MULTILINE) == ["8443 ssl"]


def test_the_proxy_changes_nothing_that_is_signed_and_logs_no_address():
    assert re.findall(r"proxy_pass (\S+);", NGINX) == ["http://127.0.0.1:8000"]
    assert re.findall(r"proxy_set_header (.*);", NGINX) == ["Host $http_host", 'Connection ""']
    assert "access_log off;" in NGINX
    assert "rewrite" not in NGINX


def test_the_image_runs_as_a_user_and_takes_only_files_with_known_hashes():
    assert re.findall(r"^USER (.*)$", DOCKERFILE, re.MULTILINE) == ["havre"]
    installs = re.findall(r"/bin/pip install (.*?)(?: \\|$)", DOCKERFILE, re.MULTILINE)
    assert all("--require-hashes" in each or "--no-deps --no-index" in each for each in installs)
    assert len(installs) == 3


def test_secrets_are_kept_out_of_git_and_out_of_the_image():
    assert "secrets/" in (ROOT / "deploy" / ".gitignore").read_text().splitlines()
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert ignored[0] == "*"
    assert "!deploy" not in ignored
