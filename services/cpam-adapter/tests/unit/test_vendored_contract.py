"""The contract that we speak is the one that the simulated CPAM publishes."""

import hashlib
from pathlib import Path

import cpam_simulator
import pytest
from cpam_adapter.partner.contract import FOLDER, Contract

THEIRS = Path(cpam_simulator.__file__).parent / "contract"


@pytest.mark.parametrize("name", ["teledeclaration.wsdl", "teledeclaration.xsd"])
def test_the_vendored_file_is_identical_to_the_published_one(name):
    ours, theirs = ((folder / name).read_bytes() for folder in (FOLDER, THEIRS))
    assert hashlib.sha256(ours).hexdigest() == hashlib.sha256(theirs).hexdigest()


async def test_the_contract_is_never_loaded_from_elsewhere(tmp_path):
    for name in ("teledeclaration.wsdl", "teledeclaration.xsd"):
        text = (FOLDER / name).read_text("utf-8")
        moved = text.replace(
            'schemaLocation="teledeclaration.xsd"', 'schemaLocation="http://127.0.0.1:9/x.xsd"'
        )
        (tmp_path / name).write_text(moved, "utf-8")
    contract = Contract(tmp_path)
    with pytest.raises(ValueError, match="never loaded from the network"):
        await contract.message("RecupererReponses", maximum=1)
    contract.close()
