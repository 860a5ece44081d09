"""The manifests as kubectl puts them together: valid, harmless pods, the known arrows only."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from chassis.settings import PREFIX
from contracts.topics import TOPICS
from kubernetes_validate.utils import ValidationError, validate
from local_platform.places import TOOLS
from local_platform.services import SERVICES, WITH_DATABASE

Json = dict[str, Any]
VERSION = "1.35"
WITH_API = {"declaration-gateway", "event-feed"}
DEPLOYMENTS = {f"{name}-worker" for name in WITH_DATABASE} | {f"{name}-api" for name in WITH_API}
JOBS = {"topics"} | {f"{name}-migrate" for name in WITH_DATABASE}
EXTERNAL = "outside"
STAND_IN = """#!/bin/sh
echo "$*" >> "$CALLS"
case "$1" in apply) cat > /dev/null;; wait) exit 1;; esac
"""


@pytest.fixture(scope="module")
def kubectl() -> str:
    found = shutil.which("kubectl", path=str(TOOLS))
    if found is None:
        pytest.skip("NOT TESTED, no kubectl: python deploy/kubernetes/fetch_kubectl.py")
    return found


@pytest.fixture(scope="module")
def production(kubectl: str, root: Path) -> list[Json]:
    overlay = root / "deploy/kubernetes/overlays/production"
    done = subprocess.run(
        [kubectl, "kustomize", overlay], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "deprecated" not in done.stderr
    return list(yaml.load_all(done.stdout, Loader=yaml.CSafeLoader))


def _of(resources: list[Json], kind: str) -> dict[str, Json]:
    return {each["metadata"]["name"]: each for each in resources if each["kind"] == kind}


def _pods(resources: list[Json]) -> dict[str, Json]:
    found = _of(resources, "Deployment") | _of(resources, "Job")
    return {name: each["spec"]["template"] for name, each in found.items()}


def test_everything_is_valid_by_the_schemas_of_kubernetes(production: list[Json]) -> None:
    for each in production:
        validate(each, VERSION, strict=True)


def test_a_misspelt_field_would_be_found(production: list[Json]) -> None:
    broken = next(iter(_of(production, "Deployment").values())) | {"specs": {}}
    with pytest.raises(ValidationError):
        validate(broken, VERSION, strict=True)


def test_production_has_the_six_services_and_no_simulator_and_no_console(
    production: list[Json],
) -> None:
    assert set(_of(production, "Deployment")) == DEPLOYMENTS
    assert set(_of(production, "Job")) == JOBS
    text = yaml.safe_dump(production)
    assert "cpam-simulator" not in text
    assert "ops-console" not in text
    assert {each["metadata"].get("namespace", "jonction") for each in production} == {"jonction"}


def test_secrets_are_named_and_never_there(production: list[Json]) -> None:
    assert _of(production, "Secret") == {}
    for name, pod in _pods(production).items():
        for container in pod["spec"]["containers"]:
            for variable in container["env"]:
                told = str(variable.get("value", ""))
                assert "://" not in told, f"{name}: {variable['name']}"
                assert "secret" not in variable["name"].lower()


def test_only_migrations_are_given_the_owner_of_a_database(production: list[Json]) -> None:
    for name, pod in _pods(production).items():
        named = {
            volume["secret"]["secretName"]
            for volume in pod["spec"]["volumes"]
            if "secret" in volume
        }
        owners = {secret for secret in named if secret.endswith("-owner")}
        service = name.rpartition("-")[0]
        assert owners == ({f"{service}-owner"} if name.endswith("-migrate") else set())
        if name in DEPLOYMENTS:
            assert {f"{service}-settings", f"{service}-keys", "directory"} <= named
            accounts = service in ("cpam-adapter", "bpij-collector")
            assert ("cpam-accounts" in named) == accounts


def test_pods_have_no_rights_and_write_nowhere(production: list[Json]) -> None:
    for name, pod in _pods(production).items():
        spec = pod["spec"]
        assert spec["securityContext"]["runAsNonRoot"] is True, name
        assert spec["automountServiceAccountToken"] is False, name
        assert spec["enableServiceLinks"] is False, name
        for container in spec["containers"]:
            rights = container["securityContext"]
            assert rights["readOnlyRootFilesystem"] is True, name
            assert rights["allowPrivilegeEscalation"] is False, name
            assert rights["capabilities"] == {"drop": ["ALL"]}, name
            assert {"cpu", "memory"} <= set(container["resources"]["requests"]), name
            assert "memory" in container["resources"]["limits"], name
            assert container["image"].partition(":")[2] not in ("", "latest"), name


def test_deployments_are_probed_scaled_and_never_taken_all_at_once(production: list[Json]) -> None:
    scaling, budgets = (
        _of(production, kind) for kind in ("HorizontalPodAutoscaler", "PodDisruptionBudget")
    )
    for name, deployment in _of(production, "Deployment").items():
        container = deployment["spec"]["template"]["spec"]["containers"][0]
        assert container["livenessProbe"]["httpGet"]["path"] == "/health"
        ready = container["readinessProbe"]["httpGet"]["path"]
        assert ready == ("/health" if name.endswith("-api") else "/ready")
        assert container["args"] == (["api"] if name.endswith("-api") else ["all"])
        budget = budgets[name]["spec"]
        assert budget["maxUnavailable"] == 1
        assert budget["selector"] == deployment["spec"]["selector"]
        spec = scaling[name]["spec"]
        assert spec["scaleTargetRef"]["name"] == name
        assert "replicas" not in deployment["spec"]
        assert spec["minReplicas"] >= 2
        assert spec["maxReplicas"] <= min(topic.partitions for topic in TOPICS)
    assert set(scaling) == set(budgets) == DEPLOYMENTS


def test_http_services_lead_to_the_pods_that_answer(production: list[Json]) -> None:
    pods = _pods(production)
    for name in WITH_DATABASE:
        selector = _of(production, "Service")[f"{name}-http"]["spec"]["selector"]
        part = "api" if name in WITH_API else "worker"
        chosen = {pod for pod, each in pods.items() if _matches(selector, each)}
        assert chosen == {f"{name}-{part}"}


@pytest.mark.parametrize("name", WITH_DATABASE)
def test_settings_are_known_to_the_service(production: list[Json], script: Any, name: str) -> None:
    settings = script("deploy/docker/write.py")["settings_of"](name)
    known = {f"{PREFIX}{field}".upper() for field in settings.model_fields}
    told: Json = {}
    for pod, template in _pods(production).items():
        if pod.rpartition("-")[0] == name:
            container = template["spec"]["containers"][0]
            variables = {each["name"] for each in container["env"]}
            files = {
                mount["subPath"].upper()
                for mount in container["volumeMounts"]
                if mount["mountPath"].startswith("/run/secrets/")
            }
            assert variables | files <= known, pod
            told[pod] = variables | files
    assert "JONCTION_DATABASE" in told[f"{name}-worker"]
    assert "JONCTION_DATABASE_OWNER" in told[f"{name}-migrate"]


def test_topics_are_made_from_the_registry(production: list[Json], root: Path) -> None:
    maps = _of(production, "ConfigMap")
    found = next(each for name, each in maps.items() if name.startswith("topics-"))
    for file in ("topics.tsv", "create-topics", "grant-access"):
        assert found["data"][file] == (root / "deploy/kafka" / file).read_text()
    volumes = _pods(production)["topics"]["spec"]["volumes"]
    assert {"configMap": {"name": found["metadata"]["name"], "defaultMode": 0o555}} in [
        {key: value for key, value in volume.items() if key != "name"} for volume in volumes
    ]


def test_rights_are_given_after_the_topics(production: list[Json]) -> None:
    job = _of(production, "Job")["topics"]
    command = job["spec"]["template"]["spec"]["containers"][0]["command"]
    assert command[-1] == "/deploy/create-topics && /deploy/grant-access"


def test_services_come_to_kafka_by_their_own_names_with_a_password_over_tls(
    production: list[Json],
) -> None:
    for name, deployment in _of(production, "Deployment").items():
        pod = deployment["spec"]["template"]
        container = pod["spec"]["containers"][0]
        told = {each["name"]: each for each in container["env"]}
        label = told["JONCTION_KAFKA_USER"]["valueFrom"]["fieldRef"]["fieldPath"]
        assert label == "metadata.labels['app.kubernetes.io/name']"
        assert pod["metadata"]["labels"]["app.kubernetes.io/name"] == name.rpartition("-")[0]
        mounts = {each["mountPath"]: each["name"] for each in container["volumeMounts"]}
        assert mounts["/run/secrets/jonction_kafka_password"] == "settings"
        authority = Path(told["JONCTION_KAFKA_CA"]["value"])
        assert mounts[str(authority.parent)] == "kafka-ca"


def test_network_allows_the_arrows_of_the_architecture_and_nothing_else(
    production: list[Json],
) -> None:
    policies = _of(production, "NetworkPolicy")
    assert policies["default-deny"]["spec"] == {
        "podSelector": {},
        "policyTypes": ["Ingress", "Egress"],
    }
    for name, pod in _pods(production).items():
        service = name.rpartition("-")[0]
        out, into = _arrows(policies, pod, "egress"), _arrows(policies, pod, "ingress")
        expected_out, expected_in = {("kube-system", 53)}, set[tuple[str, int]]()
        if name == "topics" or name in DEPLOYMENTS:
            expected_out |= {("kafka", 9092), ("kafka", 9093)}
        if name != "topics":
            expected_out |= {("postgresql", 5432)}
        if name in ("cpam-adapter-worker", "bpij-collector-worker"):
            expected_out |= {(EXTERNAL, 443)}
        if name == "notifier-worker":
            expected_out |= {(EXTERNAL, 587)}
        if name in DEPLOYMENTS:
            expected_in |= {("operators", 8000), ("monitoring", 8000)}
            expected_out |= {("monitoring", 4318)}
        answers = name.endswith("-api") or name in ("matcher-worker", "notifier-worker")
        if answers and service in (*WITH_API, "matcher", "notifier"):
            expected_in |= {("ingress", 8000)}
        assert (out, into) == (expected_out, expected_in), name


def test_roll_out_stops_before_the_services_when_a_migration_fails(
    root: Path, tmp_path: Path
) -> None:
    calls = tmp_path / "calls"
    stand_in = tmp_path / "kubectl"
    stand_in.write_text(STAND_IN)
    stand_in.chmod(0o755)
    done = subprocess.run(
        [root / "deploy/kubernetes/roll-out"],
        env={"PATH": f"{tmp_path}:/usr/bin:/bin", "CALLS": str(calls)},
        check=False,
    )
    verbs = [line.split()[0] for line in calls.read_text().splitlines()]
    assert done.returncode != 0
    assert verbs == ["kustomize", "delete", "apply", "wait"]
    assert "--selector !jonction/part" in calls.read_text()


def test_every_service_is_either_in_production_or_refuses_it(root: Path) -> None:
    for name in set(SERVICES) - set(WITH_DATABASE):
        settings = root / "services" / name / "src" / name.replace("-", "_") / "settings.py"
        assert 'self.mode == "production"' in settings.read_text()


def _matches(labels: Json, pod: Json) -> bool:
    own: Json = pod["metadata"]["labels"]
    return labels.items() <= own.items()


def _selects(selector: Json, pod: Json) -> bool:
    labels = pod["metadata"]["labels"]
    for rule in selector.get("matchExpressions", []):
        if rule["key"] not in labels:
            return False
        if rule["operator"] == "In" and labels[rule["key"]] not in rule["values"]:
            return False
    return _matches(selector.get("matchLabels") or {}, pod)


def _arrows(policies: dict[str, Json], pod: Json, way: str) -> set[tuple[str, int]]:
    return {
        arrow
        for policy in policies.values()
        if _selects(policy["spec"]["podSelector"], pod)
        for rule in policy["spec"].get(way, [])
        for arrow in _ends(rule)
    }


def _ends(rule: Json) -> Iterator[tuple[str, int]]:
    for peer in [*rule.get("to", []), *rule.get("from", [])]:
        for port in rule["ports"]:
            if "ipBlock" in peer:
                yield EXTERNAL, port["port"]
            else:
                yield next(iter(peer["namespaceSelector"]["matchLabels"].values())), port["port"]
