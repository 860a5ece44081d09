"""`python -m notifier api | worker | all | migrate | replay | rebase | held`."""

from chassis.process import main
from contracts.topics import NOTIFIER

from notifier.settings import Settings
from notifier.wiring import build

if __name__ == "__main__":
    main(NOTIFIER, Settings, build)
