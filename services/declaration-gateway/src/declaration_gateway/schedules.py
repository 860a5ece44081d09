"""Door: the clock. Keys that nobody will send again are forgotten."""

from datetime import timedelta
from functools import partial

from chassis.db import Begin
from chassis.schedules import Schedule

from declaration_gateway.flows.forget_keys import forget_keys

LOOK_EVERY = timedelta(minutes=10)


def table(begin: Begin, keys_kept: timedelta) -> list[Schedule]:
    return [Schedule("forget_keys", LOOK_EVERY, partial(forget_keys, begin, keys_kept))]
