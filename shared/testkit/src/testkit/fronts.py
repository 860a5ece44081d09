"""What a service's process on the loopback says of itself over HTTP."""

from chassis.http import http_client
from httpx import HTTPError

from testkit.prometheus import read_page


async def is_ready(port: int) -> bool:
    async with http_client() as http:
        try:
            return (await http.get(f"http://127.0.0.1:{port}/ready")).is_success
        except HTTPError:
            return False


async def read_total(port: int, name: str, **labels: str) -> float:
    """The sum of a metric's samples that have these labels, whatever others they have."""
    async with http_client() as http:
        page = (await http.get(f"http://127.0.0.1:{port}/metrics")).text
    return sum(
        value
        for each, its, value in read_page(page).samples
        if each == name and labels.items() <= its.items()
    )
