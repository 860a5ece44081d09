"""Schedules run, rest, fail and settle."""

import asyncio
from datetime import UTC, datetime, timedelta

from chassis.catching_up import CatchingUp
from chassis.clock import FixedClock
from chassis.errors import Unavailable
from chassis.schedules import Schedule, Scheduler
from testkit.probe import running, until

AT = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


class Work:
    """Does what it was given, one item a run; fails first, if told to."""

    def __init__(self, items: int = 0, *failures: Exception) -> None:
        self.items, self.failures, self.runs = items, list(failures), 0

    async def __call__(self) -> int:
        self.runs += 1
        if self.failures:
            raise self.failures.pop(0)
        if not self.items:
            return 0
        self.items -= 1
        return 1


async def test_schedule_runs_again_at_once_until_nothing_is_left_then_settles() -> None:
    work, clock = Work(5), FixedClock(AT)
    scheduler = Scheduler([Schedule("work", HOUR, work)], clock)
    assert (await scheduler.quiet()).due == 1
    async with running(scheduler):
        await until(lambda: work.runs == 6)
        reading = await scheduler.quiet()
    assert (reading.due, reading.activity, reading.reasons) == (0, 5, [])


async def test_jump_of_the_clock_unsettles_and_starts_the_next_run_at_once() -> None:
    work, clock = Work(), FixedClock(AT)
    scheduler = Scheduler([Schedule("work", HOUR, work)], clock)
    async with running(scheduler):
        await until(lambda: work.runs == 1)
        clock.move_to(AT + HOUR)
        assert (await scheduler.quiet()).reasons == ["schedule work"]
        await until(lambda: work.runs == 2)
        assert (await scheduler.quiet()).due == 0


async def test_run_that_began_before_a_jump_does_not_settle_the_day_after_it() -> None:
    clock = FixedClock(AT)

    async def slow() -> int:
        clock.move_to(clock.now() + HOUR)
        await asyncio.sleep(0.02)
        return 0

    scheduler = Scheduler([Schedule("slow", HOUR, slow)], clock)
    async with running(scheduler):
        await asyncio.sleep(0.1)
        assert (await scheduler.quiet()).due == 1


async def test_unavailable_partner_is_tried_again_after_the_time_it_named() -> None:
    work = Work(1, Unavailable("partner", timedelta(seconds=0.05)))
    scheduler = Scheduler([Schedule("work", HOUR, work)], FixedClock(AT))
    async with running(scheduler):
        await until(lambda: work.runs == 1)
        assert (await scheduler.quiet()).due == 1
        await until(lambda: work.runs == 3)
        assert (await scheduler.quiet()).activity == 1


async def test_schedule_that_fails_does_not_stop_itself_or_others() -> None:
    sick, well = Work(1, ValueError(), ValueError()), Work(3)
    scheduler = Scheduler(
        [Schedule("sick", HOUR, sick), Schedule("well", HOUR, well)], FixedClock(AT)
    )
    async with running(scheduler):
        await until(lambda: (sick.items, well.items) == (0, 0))


async def test_next_due_is_told_and_what_is_due_today_is_work_left() -> None:
    clock = FixedClock(AT)
    instant = AT + HOUR

    async def next_due() -> datetime:
        return instant

    async def waiting() -> int:
        return 2

    calm = Schedule("calm", HOUR, Work(), next_due)
    leases = Schedule("leases", HOUR, Work(), backlog=waiting)
    scheduler = Scheduler([calm, leases], clock)
    async with running(scheduler):
        await until(lambda: calm.run.runs == 1)  # type: ignore[attr-defined]
        await asyncio.sleep(0.02)
        reading = await scheduler.quiet()
        assert (reading.due, reading.next_due) == (2, instant)
        assert reading.reasons == ["2 waiting in leases"]
        clock.move_to(instant)
        await asyncio.sleep(0.2)
        reading = await scheduler.quiet()
    assert (reading.due, reading.next_due) == (3, None)


async def test_a_schedule_that_waits_for_the_log_begins_when_it_has_been_read() -> None:
    work, other = Work(), Work()
    standing = {("a.v1", 0): (0, 2), ("a.v1", 1): (0, 0)}

    async def asked() -> dict[tuple[str, int], tuple[int, int]]:
        return standing

    schedules = [Schedule("work", HOUR, work, after_reading=True), Schedule("other", HOUR, other)]
    scheduler = Scheduler(schedules, FixedClock(AT), has_read=CatchingUp(asked).is_done)
    async with running(scheduler):
        await until(lambda: other.runs == 1)
        assert (work.runs, (await scheduler.quiet()).reasons) == (0, ["schedule work"])
        # More came meanwhile; what stood there at the start is taken.
        standing |= {("a.v1", 0): (2, 9), ("a.v1", 1): (0, 5)}
        await until(lambda: work.runs == 1)
