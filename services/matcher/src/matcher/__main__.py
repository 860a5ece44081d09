"""`python -m matcher api | worker | all | migrate | replay | rebase | held`."""

from chassis.process import main
from contracts.topics import MATCHER

from matcher.settings import Settings
from matcher.wiring import build

if __name__ == "__main__":
    main(MATCHER, Settings, build)
