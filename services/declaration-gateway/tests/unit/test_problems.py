import ast
from pathlib import Path

import declaration_gateway
from chassis.problems import LANGUAGES, Catalogue
from contracts import identifiers, money
from declaration_gateway.domain.life import STATES, TRANSITIONS
from declaration_gateway.wiring import PROBLEMS

SOURCE = Path(declaration_gateway.__file__).parent
CATALOGUE = Catalogue.load(PROBLEMS)
# Where the code stands among the arguments of what carries it.
CARRIERS = {
    "Refused": 0,
    "refused": 0,
    "FieldError": 1,
    "IdentifierError": 0,
    "PydanticCustomError": 0,
}


def codes_in(file: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            place = CARRIERS.get(node.func.id)
            if place is not None and len(node.args) > place:
                found |= {
                    leaf.value
                    for leaf in ast.walk(node.args[place])
                    if isinstance(leaf, ast.Constant) and isinstance(leaf.value, str)
                }
    return found


def test_every_code_that_can_be_raised_has_french_and_english_words() -> None:
    files = [*SOURCE.rglob("*.py"), Path(str(identifiers.__file__)), Path(str(money.__file__))]
    raised = set().union(*map(codes_in, files)) | set(TRANSITIONS.values()) - set(STATES)
    assert len(raised) > 50
    assert raised - set(CATALOGUE.entries) == set()
    for code in raised:
        for language in LANGUAGES:
            text = CATALOGUE.entries[code].texts[language]
            assert all((text.title, text.fix)), (code, language)


def test_no_text_is_the_same_in_both_languages() -> None:
    for code, entry in CATALOGUE.entries.items():
        assert entry.texts["fr"].fix != entry.texts["en"].fix, code
