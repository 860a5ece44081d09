"""`python -m ops_console all`."""

from chassis.process import main

from ops_console.settings import Settings
from ops_console.wiring import NAME, build

if __name__ == "__main__":
    main(NAME, Settings, build)
