from chassis.process import main

from cpam_simulator.settings import Settings
from cpam_simulator.wiring import build

if __name__ == "__main__":
    main("cpam-simulator", Settings, build)
