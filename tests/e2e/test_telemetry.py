"""What an operator sees of a running platform: traces, metrics, and Prometheus with our rules."""

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
import yaml
from chassis import trace
from chassis.http import http_client
from contracts.events import (
    CaseOverdue,
    DeclarationSubmitted,
    StatementReceived,
    SubmissionAnswered,
)
from local_platform.demo import play_story
from local_platform.places import ROOT
from local_platform.services import SERVICES
from local_platform.story import Story, read_stories
from local_platform.supervisor import Platform
from testkit.prometheus import Prometheus, Shown, read_page
from testkit.spans import Span, SpanSink, above

Json = dict[str, Any]
CALLER = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
STORY = "07-cpam-silent"
DEPLOY = ROOT / "deploy"
RULES = DEPLOY / "prometheus/rules.yml"
LABELS = """
service method status code topic outcome reason kind state error schedule change verdict
caisse operation sense amount le generation implementation major minor patchlevel version
"""
SAID = """
http.route http.response.status_code topic partition offset stream declaration revision
submission case slip mail attempt outcome sent verdict news
"""

pytestmark = [pytest.mark.slow, pytest.mark.timeout(420)]


@dataclass(frozen=True)
class Watched:
    platform: Platform
    sink: SpanSink
    story: Story
    ledger: Json

    @property
    def path(self) -> list[Span]:
        return self.sink.of(CALLER[3:35])


@pytest.fixture(scope="module")
def sink() -> Iterator[SpanSink]:
    with SpanSink() as sink:
        yield sink


@pytest.fixture(scope="module")
async def watched(start_platform: Any, read_ledger: Any, sink: SpanSink) -> AsyncIterator[Watched]:
    """One declaration, answered late and paid, sent by an HRIS that traces what it does."""
    [story] = read_stories(only=(STORY,))
    settings = {"JONCTION_TRACES": "otlp", "JONCTION_TRACES_ENDPOINT": sink.endpoint}
    async with start_platform(**settings) as platform:
        token = trace.current.set(CALLER)
        await play_story(platform, [story], time.monotonic())
        trace.current.reset(token)
        watched = Watched(platform, sink, story, await read_ledger(platform))
        await until(lambda: any(span.name == "mail" for span in watched.path))
        await until(lambda: not orphans(watched.path))
        yield watched


@pytest.fixture(scope="module")
async def metrics(watched: Watched) -> dict[str, Shown]:
    async with http_client() as http:
        pages = {
            name: (await http.get(f"{watched.platform.url(name)}/metrics")).text
            for name in SERVICES
        }
    return {name: read_page(page) for name, page in pages.items()}


@pytest.fixture(scope="module")
def prometheus(
    watched: Watched, tool: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Prometheus]:
    """Ours, but for where the services listen and how often it looks."""
    config = yaml.safe_load((DEPLOY / "prometheus/prometheus.yml").read_text())
    config["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    config["rule_files"] = [str(RULES)]
    [written] = config["scrape_configs"][0]["static_configs"]
    local = addresses(watched.platform)
    written["targets"] = [local[target.partition(":")[0]] for target in written["targets"]]
    folder = tmp_path_factory.mktemp("prometheus")
    with Prometheus(tool("prometheus", "prometheus"), folder, config) as prometheus:
        end = time.monotonic() + 30
        # Two looks at everything: a rate needs them.
        while not prometheus.query("count(count_over_time(up[1m]) > 2) == 7"):
            assert time.monotonic() < end
            time.sleep(0.2)
        yield prometheus


@pytest.fixture(scope="module")
def rules() -> dict[str, str]:
    """Expressions by alert."""
    groups = yaml.safe_load(RULES.read_text())["groups"]
    return {rule["alert"]: rule["expr"] for group in groups for rule in group["rules"]}


@pytest.fixture(scope="module")
def panels() -> list[str]:
    """The queries of both dashboards."""
    boards = [json.loads(file.read_text()) for file in DEPLOY.glob("grafana/dashboards/*.json")]
    shown = [panel for board in boards for panel in board["panels"]]
    return [target["expr"] for panel in shown for target in panel["targets"]]


def named(query: str) -> set[str]:
    return set(re.findall(r"\b(?:jonction_\w+|up)\b", query))


def addresses(platform: Platform) -> dict[str, str]:
    """Of the services that Prometheus is to look at."""
    return {
        name: platform.url(name).removeprefix("http://")
        for name in SERVICES
        if name != "ops-console"
    }


async def until(true: Callable[[], object], seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        await asyncio.sleep(0.1)


def orphans(spans: list[Span]) -> list[Span]:
    """Spans whose parent nobody has told of, the caller's own apart."""
    known = {span.id for span in spans} | {CALLER[36:52]}
    return [span for span in spans if span.parent not in known]


def test_one_declaration_is_one_tree_through_all_services(watched: Watched) -> None:
    through = {"declaration-gateway", "cpam-adapter", "matcher", "event-feed", "notifier"}
    assert {span.service for span in watched.path} == through
    assert not orphans(watched.path)
    roots = [span.name for span in watched.path if span.parent == CALLER[36:52]]
    assert "POST /v1/declarations" in roots


def test_the_cpam_is_told_the_trace_of_the_deposit(watched: Watched) -> None:
    [sent] = [span for span in watched.path if span.name == "CPAM DeposerDeclarations"]
    [call] = [one for one in watched.ledger["calls"] if one["operation"] == "DeposerDeclarations"]
    assert call["traceparent"] == f"00-{sent.trace}-{sent.id}-01"


def test_an_answer_days_later_belongs_to_the_request_that_it_answers(watched: Watched) -> None:
    kept = f"apply {SubmissionAnswered.type}"
    for reader in ("declaration-gateway", "matcher", "event-feed"):
        [span] = [each for each in watched.path if (each.service, each.name) == (reader, kept)]
        assert above(span, watched.path) == [
            "cpam-adapter: answer",
            f"cpam-adapter: apply {DeclarationSubmitted.type}",
            "declaration-gateway: store",
            "declaration-gateway: POST /v1/declarations",
        ]


def test_an_alert_that_the_clock_raised_belongs_to_its_declaration(watched: Watched) -> None:
    causes = [above(span, watched.path) for span in watched.path if span.name == "mail"]
    start = [f"notifier: apply {CaseOverdue.type}", "matcher: tell case"]
    assert start in [cause[:2] for cause in causes]
    assert {cause[-1] for cause in causes} == {"declaration-gateway: POST /v1/declarations"}


def test_a_payment_is_told_in_the_declarations_trace_and_linked_to_its_slip(
    watched: Watched,
) -> None:
    [told] = [span for span in watched.path if "matched" in span.attributes.get("news", "")]
    [cause] = [span for span in watched.sink.spans if span.id in told.links]
    assert (cause.service, cause.name) == ("matcher", f"apply {StatementReceived.type}")
    assert above(cause, watched.sink.of(cause.trace)) == ["bpij-collector: read slip"]


def test_spans_say_ids_and_nothing_about_a_person(watched: Watched) -> None:
    said = b"".join(span.said for span in watched.sink.spans)
    for canary in canaries(watched.story.requests[0].body):
        assert canary.encode() not in said, canary
    names = {name for span in watched.sink.spans for name in span.attributes}
    assert names <= set(SAID.split())


def test_a_business_figure_is_what_happened(watched: Watched, metrics: dict[str, Shown]) -> None:
    gateway, adapter = metrics["declaration-gateway"], metrics["cpam-adapter"]
    collector, notifier = metrics["bpij-collector"], metrics["notifier"]
    mails = [span for span in watched.path if span.name == "mail"]
    assert gateway.value("jonction_accepts_total", change="initial", outcome="accepted") == 1
    answered = {"verdict": "accepted", "outcome": "applied"}
    assert adapter.value("jonction_cpam_answers_total", **answered) == 1
    assert collector.value("jonction_slips_total", state="read") == 1
    assert notifier.value("jonction_mails_total", state="sent") == len(mails)
    lines = watched.story.cpam["slips"][0]["lines"] if watched.story.cpam else []
    paid = sum(Decimal(line["amount"]) for line in lines)
    assert metrics["matcher"].value("jonction_matched_euros_total", sense="paid") == float(paid)


def test_the_delay_of_an_answer_is_business_time(
    watched: Watched, metrics: dict[str, Shown]
) -> None:
    [filing] = watched.ledger["filings"]
    [answer] = watched.ledger["answers"]
    filed, due = (datetime.fromisoformat(at) for at in (filing["filed_at"], answer["due_at"]))
    name = "jonction_cpam_answer_delay_seconds_sum"
    found = [value for sample, _, value in metrics["cpam-adapter"].samples if sample == name]
    assert found == [pytest.approx((due - filed).total_seconds(), abs=60)]


def test_metrics_say_nothing_about_a_customer_or_a_person(
    watched: Watched, metrics: dict[str, Shown]
) -> None:
    shown = [labels for page in metrics.values() for _, labels, _ in page.samples]
    assert {name for labels in shown for name in labels} <= set(LABELS.split())
    customer = {watched.story.client, watched.story.requests[0].body["employer"]["siret"]}
    said = {value for labels in shown for value in labels.values()}
    assert not said & (customer | canaries(watched.story.requests[0].body))


def test_every_metric_that_rules_and_dashboards_name_is_shown(
    metrics: dict[str, Shown], rules: dict[str, str], panels: list[str]
) -> None:
    shown = {name for each in metrics.values() for name in each.names}
    for query in [*rules.values(), *panels]:
        assert named(query) - {"up"} <= shown, query


def test_prometheus_finds_every_service(watched: Watched, prometheus: Prometheus) -> None:
    up = {each["metric"]["instance"]: each["value"][1] for each in prometheus.query("up")}
    assert up == dict.fromkeys(addresses(watched.platform).values(), "1")


def test_prometheus_takes_and_judges_every_rule(
    prometheus: Prometheus, rules: dict[str, str]
) -> None:
    judged = [rule for group in prometheus.ask("rules")["groups"] for rule in group["rules"]]
    assert {rule["name"] for rule in judged} == set(rules)
    assert {(rule["health"], rule.get("lastError")) for rule in judged} == {("ok", None)}


def test_each_panel_about_what_has_happened_shows_it(
    metrics: dict[str, Shown], prometheus: Prometheus, panels: list[str]
) -> None:
    happened = {name for each in metrics.values() for name, _, _ in each.samples} | {"up"}
    for query in panels:
        found = prometheus.query(query.replace("$__rate_interval", "1m"))
        assert found or not named(query) <= happened, query


async def test_a_service_that_dies_is_soon_to_ring(
    watched: Watched, prometheus: Prometheus
) -> None:
    """Last of these tests: it takes a service away."""
    victim = watched.platform.services["event-feed"]
    victim.kill()
    instance = addresses(watched.platform)["event-feed"]

    def pending() -> bool:
        alerts = prometheus.ask("alerts")["alerts"]
        return ("ServiceDown", instance, "pending") in {
            (each["labels"]["alertname"], each["labels"].get("instance"), each["state"])
            for each in alerts
        }

    await until(pending)


def canaries(body: Json) -> set[str]:
    employee, subrogation = body["employee"], body["subrogation"]
    gross = {month["gross"] for month in body["pay"]["months"]}
    nir = employee["nir"]
    return gross | {nir, nir[:13], employee["family_name"], subrogation["iban"]}
