"""The sample messages that others build on are valid; the WSDL offers what the README says."""

from pathlib import Path

import pytest
import zeep
from cpam_simulator.contract.faults import NOT_PROCESSED, UNDECIDED, write_fault
from cpam_simulator.contract.read_request import Collect, Confirm, Deposit, Query, read_request
from cpam_simulator.contract.schemas import FOLDER, schema
from cpam_simulator.domain.declaration import REFUSALS
from cpam_simulator.domain.fault import KINDS
from lxml import etree

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "tests/samples"


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*-re*.xml")), ids=lambda path: path.stem)
def test_soap_samples_are_valid(path: Path) -> None:
    body = etree.parse(path).getroot()[0][0]
    assert schema("teledeclaration.xsd").validate(body), schema("teledeclaration.xsd").error_log


@pytest.mark.parametrize(
    ("sample", "kind"),
    [
        ("deposer", Deposit),
        ("consulter", Query),
        ("recuperer", Collect),
        ("confirmer", Confirm),
    ],
)
def test_request_samples_are_read(sample: str, kind: type) -> None:
    assert isinstance(read_request((SAMPLES / f"{sample}-request.xml").read_bytes()), kind)


def test_slip_samples_are_valid() -> None:
    assert schema("bpij.xsd").validate(etree.parse(SAMPLES / "bpij-data.xml"))
    assert schema("bpij-enveloppe.xsd").validate(etree.parse(SAMPLES / "E-ENTBPIJ-sample.xml"))


@pytest.mark.parametrize("code", [*NOT_PROCESSED, *UNDECIDED])
def test_each_fault_is_valid_and_on_its_side(code: str) -> None:
    fault = etree.fromstring(write_fault(code))[0][0]
    side = "soap:Client" if code in NOT_PROCESSED else "soap:Server"
    assert fault.findtext("faultcode") == side
    assert schema("teledeclaration.xsd").validate(fault.find("detail")[0])


def test_the_wsdl_loads_offline_and_offers_four_operations() -> None:
    client = zeep.Client(str(FOLDER / "teledeclaration.wsdl"))
    (port,) = [port for service in client.wsdl.services.values() for port in service.ports.values()]
    assert set(port.binding._operations) == {
        "DeposerDeclarations",
        "RecupererReponses",
        "ConfirmerReponses",
        "ConsulterStatut",
    }


def test_the_readme_tells_each_code_and_each_kind_of_fault() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    words = [*NOT_PROCESSED, *UNDECIDED, *REFUSALS, *(f"`{kind}`" for kind in KINDS)]
    assert [word for word in words if word not in readme] == []
