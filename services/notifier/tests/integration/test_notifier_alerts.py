import datetime as dt
from typing import Any

from chassis.incidents import close_incident, open_incident
from contracts.events import IncidentClosed, IncidentOpened
from contracts.ids import incident_id
from notifier.domain.alert import Alert, Gap
from notifier.flows.watch_own_incidents import watch_own_incidents
from notifier.store import alerts, mails

NOW = dt.datetime(2026, 3, 9, 23, tzinfo=dt.UTC)
LATER = NOW + dt.timedelta(days=1)


async def stored(notifier: Any) -> list[Alert]:
    async with notifier.db.begin() as tx:
        return await alerts.list_(tx, alerts.Filter(), after=None, limit=100)


async def letters_of(notifier: Any, alert: Alert) -> list[mails.Copy]:
    async with notifier.db.begin() as tx:
        return (await mails.list_of(tx, [alert.alert_id])).get(alert.alert_id, [])


async def test_overdue_opens_one_alert_with_one_letter(notifier: Any, case: Any) -> None:
    await notifier.read(case.overdue(), stream=case.case_id)

    [alert] = await stored(notifier)
    assert (alert.kind, alert.state, alert.opened_at) == ("acknowledgement-overdue", "open", NOW)
    [letter] = await letters_of(notifier, alert)
    assert (letter.kind, letter.state, letter.waiting) == ("start", "queued", 2)


async def test_same_overdue_told_twice_is_one_alert(notifier: Any, case: Any) -> None:
    event = await notifier.read(case.overdue(), stream=case.case_id)
    await notifier.apply(event, case.overdue())

    [alert] = await stored(notifier)
    assert len(await letters_of(notifier, alert)) == 1


async def test_end_resolves_at_the_time_of_the_fact(notifier: Any, case: Any) -> None:
    await notifier.read(case.overdue(), stream=case.case_id)
    await notifier.read(case.overdue_ended(), stream=case.case_id)

    [alert] = await stored(notifier)
    assert (alert.state, alert.resolved_at, alert.resolution) == ("resolved", LATER, "came")
    assert [letter.kind for letter in await letters_of(notifier, alert)] == ["start", "end"]


async def test_second_end_of_a_resolved_alert_writes_nothing(notifier: Any, case: Any) -> None:
    await notifier.read(case.overdue(), stream=case.case_id)
    event = await notifier.read(case.overdue_ended(), stream=case.case_id)
    await notifier.apply(event, case.overdue_ended())

    [alert] = await stored(notifier)
    assert len(await letters_of(notifier, alert)) == 2


async def test_end_without_a_start_is_nothing_to_tell(notifier: Any, case: Any) -> None:
    await notifier.read(case.overdue_ended(), stream=case.case_id)

    assert await stored(notifier) == []


async def test_gap_that_changes_while_open_stays_one_alert_with_the_newest_amount(
    notifier: Any, case: Any
) -> None:
    await notifier.read(case.gap("40.00"), stream=case.case_id)
    await notifier.read(case.gap("12.50"), stream=case.case_id)

    [alert] = await stored(notifier)
    assert isinstance(alert.facts, Gap)
    assert str(alert.facts.gap) == "12.50"
    assert len(await letters_of(notifier, alert)) == 1


async def test_gap_that_opens_again_is_a_second_alert(notifier: Any, case: Any) -> None:
    await notifier.read(case.gap("40.00"), stream=case.case_id)
    await notifier.read(case.gap_closed(), stream=case.case_id)
    await notifier.read(case.gap("3.00", found_at=LATER), stream=case.case_id)

    found = await stored(notifier)
    assert sorted(alert.state for alert in found) == ["open", "resolved"]
    assert len({alert.alert_id for alert in found}) == 2


async def test_incident_of_another_service_is_an_alert(notifier: Any) -> None:
    facts = incident("matcher")
    await notifier.read(IncidentOpened(**facts), stream=facts["incident_id"], tenant="jonction")
    await notifier.read(
        IncidentClosed(**facts | {"at": LATER}), stream=facts["incident_id"], tenant="jonction"
    )

    [alert] = await stored(notifier)
    assert (alert.kind, alert.state, alert.resolved_at) == ("incident", "resolved", LATER)


async def test_our_own_incident_told_by_kafka_is_left_to_our_own_table(notifier: Any) -> None:
    facts = incident("notifier")
    await notifier.read(IncidentOpened(**facts), stream=facts["incident_id"], tenant="jonction")

    assert await stored(notifier) == []


async def test_our_own_stopped_consumer_is_told_without_kafka(notifier: Any) -> None:
    async with notifier.db.begin() as tx:
        await open_incident(tx, "notifier", "another-log", "cases.v1/3", {"partition": "3"}, NOW)
    assert await watch(notifier) == 1
    assert await watch(notifier) == 0

    async with notifier.db.begin() as tx:
        await close_incident(tx, "notifier", "another-log", "cases.v1/3", LATER)
    assert await watch(notifier) == 1
    assert await watch(notifier) == 0

    [alert] = await stored(notifier)
    assert (alert.state, alert.resolved_at) == ("resolved", LATER)
    assert len(await letters_of(notifier, alert)) == 2


async def watch(notifier: Any) -> int:
    async with notifier.db.begin() as tx:
        return await watch_own_incidents(tx, notifier.letters)


def incident(service: str) -> dict[str, Any]:
    return {
        "incident_id": incident_id(service, "held-events", "cases.v1/3"),
        "service": service,
        "kind": "held-events",
        "key": "cases.v1/3",
        "detail": {"count": "1"},
        "at": NOW,
    }


async def test_open_alerts_are_counted_by_kind_until_they_end(notifier: Any, case: Any) -> None:
    async def counted() -> dict[tuple[str, ...], float]:
        async with notifier.db.begin() as tx:
            return await alerts.count_open(tx)

    await notifier.read(case.overdue(), stream=case.case_id)
    assert await counted() == {("acknowledgement-overdue",): 1}
    await notifier.read(case.overdue_ended(), stream=case.case_id)
    assert await counted() == {}
