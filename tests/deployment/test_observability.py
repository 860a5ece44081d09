"""Alert rules and dashboards: accepted by Prometheus' own tool, and about metrics that exist."""

import ast
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

Json = dict[str, Any]
OF_PROMETHEUS = {"up"}
KINDS = {"Counter", "Gauge", "Histogram"}
WORDS = re.compile(r"\b(?:jonction_\w+|up)\b")


SPAN_IDS = {
    "topic",
    "partition",
    "offset",
    "stream",
    "declaration",
    "revision",
    "submission",
    "case",
    "slip",
    "mail",
    "attempt",
    "verdict",
    "news",
    "outcome",
    "sent",
    "http.route",
    "http.response.status_code",
}
OF_EVERY_SPAN = {"parent", "kind", "start_ns"}


@pytest.fixture(scope="module")
def calls(root: Path) -> list[ast.Call]:
    """Every call in our code."""
    files = [*root.glob("shared/chassis/src/**/*.py"), *root.glob("services/*/src/**/*.py")]
    trees = [ast.parse(file.read_text()) for file in files]
    return [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call)]


@pytest.fixture(scope="module")
def metrics(calls: list[ast.Call]) -> set[str]:
    """Every series that our code can show, by the names that Prometheus knows them under."""
    found: set[str] = set()
    for call in calls:
        if isinstance(call.func, ast.Name) and call.args:
            name = call.args[0]
            if call.func.id in KINDS and isinstance(name, ast.Constant):
                found |= {f"{name.value!s}{end}" for end in ("", "_bucket", "_sum", "_count")}
    return found | OF_PROMETHEUS


def test_spans_say_nothing_but_the_ids_and_words_of_a_list(calls: list[ast.Call]) -> None:
    """What is written out at the call; a running platform shows the rest."""
    said: set[str] = set()
    for call in calls:
        match call.func:
            case ast.Attribute(value=ast.Name(id="trace"), attr="span"):
                said |= {each.arg for each in call.keywords if each.arg} - OF_EVERY_SPAN
            case ast.Attribute(attr="set_attribute" | "set_attributes"):
                first = call.args[0]
                names = first.keys if isinstance(first, ast.Dict) else [first]
                said |= {str(name.value) for name in names if isinstance(name, ast.Constant)}
    assert "declaration" in said
    assert said <= SPAN_IDS


@pytest.fixture(scope="module")
def rules(root: Path) -> list[Json]:
    groups = yaml.safe_load((root / "deploy/prometheus/rules.yml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


@pytest.mark.parametrize(
    "command",
    ["check config prometheus.yml", "check rules rules.yml", "test rules rules_test.yml"],
)
def test_promtool_is_content(tool: Any, root: Path, command: str) -> None:
    promtool = tool("promtool", "prometheus")
    done = subprocess.run(
        [promtool, *command.split()],
        cwd=root / "deploy/prometheus",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_rule_is_seen_to_ring(rules: list[Json], root: Path) -> None:
    tests = yaml.safe_load((root / "deploy/prometheus/rules_test.yml").read_text())["tests"]
    rang = {
        each["alertname"]
        for test in tests
        for each in test["alert_rule_test"]
        if each["exp_alerts"]
    }
    assert rang == {rule["alert"] for rule in rules}


def test_rules_are_about_metrics_that_exist(rules: list[Json], metrics: set[str]) -> None:
    for rule in rules:
        named = set(WORDS.findall(rule["expr"]))
        assert named, rule["alert"]
        assert named <= metrics, rule["alert"]


def test_every_alert_says_what_to_do(rules: list[Json], root: Path) -> None:
    headings = re.findall(r"^## (\w+)$", (root / "docs/operations/alerts.md").read_text(), re.M)
    assert headings == [rule["alert"] for rule in rules]
    for rule in rules:
        page, _, place = rule["annotations"]["runbook"].partition("#")
        assert page == "docs/operations/alerts.md"
        assert place == rule["alert"].lower()
        assert rule["labels"]["severity"] in ("page", "ticket")


def test_dashboards_are_about_metrics_that_exist(root: Path, metrics: set[str]) -> None:
    dashboards = sorted((root / "deploy/grafana/dashboards").glob("*.json"))
    assert [file.stem for file in dashboards] == ["flow", "money"]
    for file in dashboards:
        for panel in json.loads(file.read_text())["panels"]:
            for target in panel["targets"]:
                named = set(WORDS.findall(target["expr"]))
                assert named, panel["title"]
                assert named <= metrics, panel["title"]


def test_committed_dashboards_are_those_of_the_table(root: Path, script: Any) -> None:
    for name, content in script("deploy/grafana/write.py")["written"]().items():
        committed = (root / "deploy/grafana/dashboards" / name).read_text("utf-8")
        assert committed == content, f"{name}: run `make schemas` and commit what it writes"


def test_grafana_finds_its_source_and_its_dashboards(root: Path, compose: Json) -> None:
    folder = root / "deploy/grafana/provisioning"
    source = yaml.safe_load((folder / "datasources/prometheus.yml").read_text())["datasources"][0]
    assert source["uid"] == "prometheus"
    assert source["url"] == "http://prometheus:9090"
    provider = yaml.safe_load((folder / "dashboards/jonction.yml").read_text())["providers"][0]
    mounts = compose["services"]["grafana"]["volumes"]
    assert f"./deploy/grafana/dashboards:{provider['options']['path']}:ro" in mounts


def test_prometheus_asks_every_service_that_it_can_reach(root: Path, compose: Json) -> None:
    config = yaml.safe_load((root / "deploy/prometheus/prometheus.yml").read_text())
    targets = config["scrape_configs"][0]["static_configs"][0]["targets"]
    reachable = {
        f"{name}:8000"
        for name, service in compose["services"].items()
        if service.get("build") and "network_mode" not in service
    }
    assert set(targets) == reachable
