import re
from datetime import UTC, date, datetime
from uuid import UUID, uuid4

from contracts.events import DeclarationCorrected, DeclarationSubmitted, Period
from contracts.identifiers import Siret
from contracts.sealed import Bank, Pay
from cpam_adapter.domain.numbers import content_sha256, control_number

PERIOD = Period(first=date(2026, 3, 2), last=date(2026, 3, 22))
PAY = Pay.model_validate({"months": [{"month": "2026-01", "gross": "2400.00"}]})
BANK = Bank.model_validate({"iban": "FR7630006000011234567890189"})


def declared(model=DeclarationSubmitted, **changed):
    values = {
        "declaration_id": uuid4(),
        "revision": 1,
        "change": "initial",
        "siret": Siret("99912300300017"),
        "person_ref": "a" * 64,
        "risk": "maladie",
        "period": PERIOD,
        "declared_at": datetime(2026, 3, 2, 7, tzinfo=UTC),
        "person": "k1." + "A" * 40,
    }
    return model(**(values | changed))


def test_a_control_number_has_12_to_17_digits_or_capitals_and_is_always_the_same():
    submission = UUID("01890a5d-ac96-774b-bcce-b302099a8057")
    assert re.fullmatch("[0-9A-Z]{12,17}", control_number(submission))
    assert control_number(submission) == control_number(submission)


def test_control_numbers_of_many_submissions_differ():
    assert len({control_number(uuid4()) for _ in range(20_000)}) == 20_000


def test_the_content_hash_ignores_who_says_it_when_and_in_which_declaration():
    one = content_sha256(declared(), PAY, BANK)
    later = declared(
        declared_at=datetime(2026, 3, 9, 7, tzinfo=UTC), revision=3, person="k1." + "B" * 40
    )
    assert content_sha256(later, PAY, BANK) == one


def test_the_content_hash_changes_with_what_is_declared():
    hashes = {
        content_sha256(declared(), PAY, BANK),
        content_sha256(declared(), None, BANK),
        content_sha256(declared(), PAY, None),
        content_sha256(declared(person_ref="b" * 64), PAY, BANK),
        content_sha256(declared(subrogation=PERIOD), PAY, BANK),
        content_sha256(declared(DeclarationCorrected, change="correction"), PAY, BANK),
    }
    assert len(hashes) == 6
