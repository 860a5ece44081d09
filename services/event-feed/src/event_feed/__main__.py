from chassis.process import main
from contracts.topics import FEED

from event_feed.settings import Settings
from event_feed.wiring import build

if __name__ == "__main__":
    main(FEED, Settings, build)
