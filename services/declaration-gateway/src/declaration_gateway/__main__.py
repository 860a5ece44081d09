from chassis.process import main
from contracts.topics import GATEWAY

from declaration_gateway.settings import GatewaySettings
from declaration_gateway.wiring import build

if __name__ == "__main__":
    main(GATEWAY, GatewaySettings, build)
