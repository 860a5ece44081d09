"""An ordinary SOAP client, given nothing but the WSDL, can do all four operations."""

import asyncio
from decimal import Decimal
from typing import Any

import httpx
import pytest
import zeep
from zeep.transports import Transport


def lot() -> list[dict[str, Any]]:
    return [
        {
            "numeroControle": "JON260302001",
            "nature": "INITIALE",
            "siret": "90112233300015",
            "assure": {"nir": "1850375116042", "nom": "EXEMPLE", "prenom": "Alix"},
            "risque": "MALADIE",
            "dernierJourTravaille": "2026-03-01",
            "premierJour": "2026-03-02",
            "dernierJour": "2026-03-22",
            "subrogation": {"du": "2026-03-02", "iban": "FR7630006000011234567890189"},
            "salaire": [{"mois": (2026, 2, None), "brut": Decimal("2400.00")}],
        }
    ]


def talk(url: str) -> dict[str, Any]:
    transport = Transport()
    transport.session.auth = ("ATELIER", "secret-a")
    transport.session.trust_env = False
    try:
        client = zeep.Client(f"{url}/teledeclaration?wsdl", transport=transport)
        service = client.service
        accuse = service.DeposerDeclarations(declaration=lot())[0]
        reponses = service.RecupererReponses()
        told = {
            "depot": accuse.depot.referenceDepot,
            "statut": service.ConsulterStatut(numeroControle="JON260302001").referenceDepot,
            "verdicts": [item.verdict for item in reponses.reponse],
            "confirmed": service.ConfirmerReponses(
                identifiantReponse=[item.identifiantReponse for item in reponses.reponse]
            ),
        }
        with pytest.raises(zeep.exceptions.Fault) as raised:
            service.ConsulterStatut(numeroControle="trop-court")
        told["fault"] = raised.value.code
        return told
    finally:
        transport.session.close()


async def test_zeep_speaks_with_the_simulator_from_its_wsdl_alone(partner: Any) -> None:
    planned = {"after": "PT0S", "verdict": "CONFIRMATION_TRAITEMENT"}
    await partner.control("scripts", [partner.script(answers=[planned])])
    told = await asyncio.to_thread(talk, partner.url)
    assert told["depot"] == told["statut"]
    assert told["verdicts"] == ["CONFIRMATION_TRAITEMENT"]
    assert told["confirmed"] == 1
    assert told["fault"] == "soap:Client"


async def test_the_wsdl_names_the_address_it_was_asked_at(partner: Any) -> None:
    wsdl: httpx.Response = await partner.http.get(f"{partner.url}/teledeclaration?wsdl")
    assert f'location="{partner.url}/teledeclaration"' in wsdl.text
