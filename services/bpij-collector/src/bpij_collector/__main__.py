from chassis.process import main
from contracts.topics import COLLECTOR

from bpij_collector.settings import Settings
from bpij_collector.wiring import build

if __name__ == "__main__":
    main(COLLECTOR, Settings, build)
