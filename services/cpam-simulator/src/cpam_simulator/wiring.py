"""Builds the simulator from its settings: store, accounts, application."""

from chassis.clock import SystemClock
from chassis.directory import Directory
from chassis.process import Parts

from cpam_simulator.domain.account import Accounts
from cpam_simulator.front import build_app
from cpam_simulator.routes.access import Simulator
from cpam_simulator.settings import Settings
from cpam_simulator.store.database import Store


def build(settings: Settings) -> Parts:
    accounts = Accounts.of(Directory.load(settings.directory))
    simulator = Simulator(Store(settings.store), accounts, settings.start_at)
    # Parts wants a clock for workers; here are none, the virtual clock is what this service gives.
    return Parts(build_app(simulator), SystemClock())
