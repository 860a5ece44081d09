"""`soap:Fault` of the simulated CPAM and its codes.

`soap:Client`: nothing was processed, the caller may correct and send again. `soap:Server`: nothing
can be concluded. The caller must never read the outcome from the HTTP status.
"""

from lxml import etree

from cpam_simulator.contract.schemas import SOAP, TELEDECLARATION, namespaces

NOT_PROCESSED = {
    "REQUETE_ILLISIBLE": "La demande n'est pas un message XML lisible",
    "REQUETE_TROP_GRANDE": "La demande dépasse la taille admise",
    "SCHEMA_NON_CONFORME": "La demande ne respecte pas le schéma",
    "OPERATION_INCONNUE": "Cette opération n'existe pas",
    "OPERATION_NON_OFFERTE": "Cette caisse n'offre pas cette opération",
    "ENTETE_NON_COMPRIS": "Un en-tête obligatoire n'est pas compris",
}
UNDECIDED = {
    "ERREUR_INTERNE": "Erreur interne",
    "SERVICE_INDISPONIBLE": "Service momentanément indisponible",
    "DELAI_DEPASSE": "Délai de traitement dépassé",
}


class SoapFault(Exception):
    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def write_fault(code: str, side: str | None = None) -> bytes:
    """A fault message. The side follows from the code; a scripted unknown code needs it told."""
    if side is None:
        side = "Client" if code in NOT_PROCESSED else "Server"
    label = NOT_PROCESSED.get(code) or UNDECIDED.get(code) or "Erreur"
    envelope = etree.Element(f"{{{SOAP}}}Envelope", nsmap={"soap": SOAP})
    fault = etree.SubElement(etree.SubElement(envelope, f"{{{SOAP}}}Body"), f"{{{SOAP}}}Fault")
    etree.SubElement(fault, "faultcode").text = f"soap:{side}"
    told = etree.SubElement(fault, "faultstring")
    told.text = label
    told.set("{http://www.w3.org/XML/1998/namespace}lang", "fr")
    error = etree.SubElement(
        etree.SubElement(fault, "detail"),
        f"{{{TELEDECLARATION}}}erreur",
        nsmap=namespaces(TELEDECLARATION),
    )
    etree.SubElement(error, f"{{{TELEDECLARATION}}}code").text = code
    etree.SubElement(error, f"{{{TELEDECLARATION}}}libelle").text = label
    return etree.tostring(envelope, xml_declaration=True, encoding="UTF-8")
