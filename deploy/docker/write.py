"""Writes what the images and the operators need from the code: env examples and package lists.

`env/SERVICE.env.example` has each setting of the service's class with its default and its text;
`packages/SERVICE.txt` the run-time packages of its image, whose versions and hashes stand in
`requirements.lock`. `make schemas` runs this; a test compares.
"""

import ast
import importlib
import inspect
from importlib.metadata import requires
from pathlib import Path
from textwrap import wrap

from chassis.settings import PREFIX, ServiceSettings
from local_platform.services import SERVICES, package_of
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from pydantic import SecretStr
from pydantic_core import PydanticUndefined

HERE = Path(__file__).parent
OURS = {"contracts", "chassis", *SERVICES}


def written() -> dict[Path, str]:
    """File below this folder to its content."""
    files = {Path(f"env/{name}.env.example"): _env_example(name) for name in SERVICES}
    return files | {Path(f"packages/{name}.txt"): _packages(name) for name in SERVICES}


def settings_of(service: str) -> type[ServiceSettings]:
    module = importlib.import_module(f"{package_of(service)}.settings")
    found: type[ServiceSettings] = next(
        each
        for each in vars(module).values()
        if isinstance(each, type) and each.__module__ == module.__name__
    )
    return found


def _env_example(service: str) -> str:
    settings = settings_of(service)
    texts = _texts(ServiceSettings) | _texts(settings)
    lines = [f"# Every setting of {service}, with its default; written by deploy/docker/write.py."]
    for name, declared in settings.model_fields.items():
        setting = f"{PREFIX}{name}".upper()
        lines += ["", *wrap(texts.get(name, ""), 100, initial_indent="# ", subsequent_indent="# ")]
        if declared.annotation in (SecretStr, SecretStr | None):
            lines.append(f"# A secret: the content of /run/secrets/{setting.lower()}")
            lines.append(f"#{setting}=")
        else:
            lines.append(f"#{setting}={_plain(declared.default)}")
    return "\n".join(lines) + "\n"


def _plain(default: object) -> str:
    return "" if default in (None, PydanticUndefined) else str(default)


def _texts(settings: type[ServiceSettings]) -> dict[str, str]:
    """A text belongs to the fields right above it, up to an empty line."""
    texts: dict[str, str] = {}
    above: list[str] = []
    line = 0
    tree = ast.parse(inspect.getsource(settings))
    declared = next(each for each in tree.body if isinstance(each, ast.ClassDef))
    for each in declared.body:
        if each.lineno > line + 1:
            above = []
        line = each.end_lineno or each.lineno
        if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name):
            above.append(each.target.id)
        elif isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant):
            text = " ".join(str(each.value.value).split()).replace("`", "")
            texts |= dict.fromkeys(above, text)
    return texts


def _packages(service: str) -> str:
    """All that it needs on the Python of the image, as the installed packages themselves say."""
    seen: set[tuple[str, frozenset[str]]] = set()
    waiting = [Requirement(service)]
    while waiting:
        wanted = waiting.pop()
        key = (canonicalize_name(wanted.name), frozenset(wanted.extras))
        if key in seen:
            continue
        seen.add(key)
        for needed in map(Requirement, requires(wanted.name) or ()):
            extras = wanted.extras or {""}
            if needed.marker is None or any(needed.marker.evaluate({"extra": x}) for x in extras):
                waiting.append(needed)
    return "\n".join(sorted({name for name, _ in seen} - OURS)) + "\n"


def main() -> None:
    for name, content in written().items():
        (HERE / name).write_text(content, "utf-8")


if __name__ == "__main__":
    main()
