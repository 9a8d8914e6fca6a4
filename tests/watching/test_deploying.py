"""The example for Prometheus asks for metrics that exist, where they are served."""

import re
from pathlib import Path

import pytest
import yaml

from server.errors import every_refusal
from server.watching import metrics
from server.watching.asking import GAUGES

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "deploy" / "prometheus"
SCRAPING = yaml.safe_load((FOLDER / "prometheus.yml").read_text())
RULES = [rule for group in yaml.safe_load((FOLDER / "alerts.yml").read_text())["groups"] for rule in group["rules"]]
OPERATING = (ROOT / "docs" / "operating.md").read_text()
ROLES = {"havre_app", "havre_owner", "havre_eraser", "havre_worker", "havre_sequencer", "havre_auditor"}
KNOWN = metrics.names() | set(GAUGES)
CODES = {refusal.code for refusal in every_refusal()}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_every_metric_of_an_alert_exists(rule):
    asked = set(re.findall(r"\bhavre_\w+", rule["expr"]))
    assert asked or rule["expr"].startswith("up{")
    assert asked <= KNOWN


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_every_code_of_an_alert_exists(rule):
    named = {code for group in re.findall(r'code=~?"([a-z_|]+)"', rule["expr"]) for code in group.split("|")}
    assert named <= CODES


def test_every_alert_says_how_urgent_it_is_and_what_is_the_matter():
    assert {rule["labels"]["severity"] for rule in RULES} == {"page", "ticket"}
    assert all(rule["annotations"]["summary"] for rule in RULES)


def test_prometheus_asks_on_the_loopback_alone():
    targets = [
        target for job in SCRAPING["scrape_configs"] for one in job["static_configs"] for target in one["targets"]
    ]
    assert len(targets) == 3
    assert all(target.startswith("127.0.0.1:") for target in targets)


def test_the_rules_that_are_loaded_are_there():
    assert all((FOLDER / name).is_file() for name in SCRAPING["rule_files"])


def test_the_page_for_operators_names_every_metric_and_none_that_is_not_there():
    written = set(re.findall(r"\bhavre_[a-z_]+", OPERATING)) - ROLES
    families = {re.sub(r"_(bucket|count|sum)$", "", name) for name in KNOWN}
    assert (families - written, written - families) == (set(), set())
