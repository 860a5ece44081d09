from collections.abc import AsyncIterator, Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest
from chassis.http import http_client
from local_platform.processes import free_port
from ops_console.partner.probes import examine
from ops_console.partner.upstream import Upstream

CaseId = Callable[[str], str]
THIN, NO_BREAK = "\N{NARROW NO-BREAK SPACE}", "\N{NO-BREAK SPACE}"


@pytest.fixture
async def http(console: str, stand_ins: Any) -> AsyncIterator[httpx.AsyncClient]:
    async with http_client(base_url=console) as client:
        yield client


async def read(http: httpx.AsyncClient, path: str, status: int = 200) -> str:
    answer = await http.get(path)
    assert answer.status_code == status
    return answer.text


async def test_open_alerts_come_first_the_oldest_on_top(http: httpx.AsyncClient) -> None:
    page = await read(http, "/")

    assert page.index("Écart de paiement") < page.index("Réponse de la CPAM en retard")
    assert page.index("Incident technique") < page.index("Terminées récemment")
    assert "3 jours de retard".replace(" ", NO_BREAK, 1) in page
    assert "1 adresse refusée" in page


async def test_alerts_are_filtered_by_kind(http: httpx.AsyncClient) -> None:
    page = await read(http, "/?nature=payment-gap")

    assert "Écart de paiement" in page
    assert "Incident technique" not in page


async def test_case_shows_its_figures_in_french(http: httpx.AsyncClient, case_id: CaseId) -> None:
    page = await read(http, f"/dossiers/{case_id('settled')}")

    assert f"1{THIN}177,82{NO_BREAK}€" in page
    assert "Arrêt du 2 mars au 5 avril 2026" in page
    assert "rien ne manque" in page


async def test_unknown_expectation_is_never_shown_as_zero(
    http: httpx.AsyncClient, case_id: CaseId
) -> None:
    page = await read(http, f"/dossiers/{case_id('unknown')}")

    assert "historique de paie insuffisant" in page
    assert '<p class="figure-value">inconnu</p>' in page


async def test_story_holds_deposits_answers_payments_and_mails(
    http: httpx.AsyncClient, case_id: CaseId
) -> None:
    page = await read(http, f"/dossiers/{case_id('settled')}")

    for told in ("JKB26030300017", "Confirmation de traitement", "IJNOR", "Message-ID", "BPIJ291"):
        assert told in page


async def test_early_return_shows_the_reversal_line_by_line(
    http: httpx.AsyncClient, case_id: CaseId
) -> None:
    page = await read(http, f"/dossiers/{case_id('returned')}")

    assert "Reprise d&#39;un paiement par la CPAM" in page
    assert f"−662,52{NO_BREAK}€" in page
    assert "14 jours payés à l&#39;employeur" in page


async def test_list_is_filtered_by_state_and_found_by_declaration(
    http: httpx.AsyncClient,
) -> None:
    assert (await read(http, "/dossiers?etat=gap")).count('role="row"') == 2
    found = await read(http, "/dossiers?declaration=01952f4e-7b01-7c11-8a3e-a41be07c5d92")
    assert found.count('role="row"') == 2
    assert "pas un identifiant" in await read(http, "/dossiers?declaration=dupont")


@pytest.mark.parametrize("service", ["matcher", "notifier", "cpam-adapter", "bpij-collector"])
@pytest.mark.parametrize("how", ["away", "garbled"])
async def test_page_without_one_service_shows_the_rest(
    http: httpx.AsyncClient, stand_ins: Any, case_id: CaseId, *, service: str, how: str
) -> None:
    getattr(stand_ins, how).add(service)

    for path in ("/", "/dossiers", "/etat", f"/dossiers/{case_id('settled')}"):
        page = await read(http, path)
        assert "<h1>" in page
    board = await read(http, "/etat")
    assert "indisponible" in board or service == "notifier"


async def test_case_without_the_notifier_still_tells_its_payments(
    http: httpx.AsyncClient, stand_ins: Any, case_id: CaseId
) -> None:
    stand_ins.away.add("notifier")
    page = await read(http, f"/dossiers/{case_id('settled')}")

    assert "Alertes et mails : indisponible." in page
    assert "IJNOR" in page


async def test_health_board_names_what_is_wrong(http: httpx.AsyncClient, stand_ins: Any) -> None:
    stand_ins.away.add("declaration-gateway")
    page = await read(http, "/etat")

    assert "3 services demandent un regard" in page
    assert "another log" in page
    assert "slip-quarantined" in page
    assert "Aucun arrêt déclaré ne couvre cette période" in page


async def test_service_that_cannot_be_reached_is_a_finding() -> None:
    async with http_client(base_url=f"http://127.0.0.1:{free_port()}") as client:
        found = await examine(Upstream("matcher", client))

    assert (found.state, found.lag, found.troubled) == ("away", None, True)


async def test_unchanged_fragment_is_not_sent_again(http: httpx.AsyncClient) -> None:
    page = await read(http, "/")
    address = page.split('hx-get="')[1].split('"')[0].replace("&amp;", "&")

    assert (await http.get(address)).status_code == 204
    assert (await http.get(address[:-16] + "0" * 16)).status_code == 200


async def test_nothing_inline_and_nothing_from_elsewhere(http: httpx.AsyncClient) -> None:
    answer = await http.get("/")
    policy = answer.headers["content-security-policy"]

    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-frame-options"] == "DENY"
    assert "style=" not in answer.text
    assert "http://" not in answer.text.replace("http://www.w3.org", "")


async def test_unknown_case_and_unknown_page_are_told_as_pages(http: httpx.AsyncClient) -> None:
    assert "Dossier inconnu" in await read(http, f"/dossiers/{uuid4()}", 404)
    assert "Page inconnue" in await read(http, "/nulle-part", 404)
    assert "Adresse incomprise" in await read(http, "/dossiers/dupont", 404)


async def test_what_was_typed_is_escaped(http: httpx.AsyncClient) -> None:
    page = await read(http, "/dossiers?declaration=%3Cscript%3Ealert(1)%3C/script%3E")

    assert "<script>alert" not in page


async def test_services_are_asked_with_ids_only(
    http: httpx.AsyncClient, stand_ins: Any, case_id: CaseId
) -> None:
    await read(http, f"/dossiers/{case_id('settled')}")

    asked = {service for service, _ in stand_ins.asked}
    assert {"matcher", "notifier", "cpam-adapter"} <= asked
