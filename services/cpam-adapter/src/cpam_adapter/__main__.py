from chassis.process import main

from cpam_adapter.settings import Settings
from cpam_adapter.wiring import SERVICE, build

if __name__ == "__main__":
    main(SERVICE, Settings, build)
