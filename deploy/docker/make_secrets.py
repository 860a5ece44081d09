"""Keys, directory and passwords for docker-compose.yml, written once to `deploy/docker/secrets`.

Keys and directory are those of the platform on one machine; passwords and database addresses are
made here. What is there stays. The folder is closed to other users of the host; the files in it
are readable by all, because compose mounts them as they are and the services run as uid 10001.
"""

import secrets
import sys
from pathlib import Path

from local_platform.material import provide_material
from local_platform.services import SERVICES, WITH_DATABASE, package_of

FOLDER = Path(__file__).parent / "secrets"


def make_secrets(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    provide_material(folder, SERVICES)
    roles = _roles(folder / "postgres" / "roles")
    for service in WITH_DATABASE:
        database = package_of(service)
        for role, file in ((database, service), (f"{database}_owner", f"{service}.owner")):
            url = f"postgresql+asyncpg://{role}:{roles[role]}@postgres:5432/{database}"
            _write(folder / "database" / file, url)
    for file in ("postgres/superuser", "grafana-admin"):
        if not (folder / file).exists():
            _write(folder / file, secrets.token_urlsafe(24))
    for each in folder.rglob("*"):
        each.chmod(0o755 if each.is_dir() else 0o444)


def _roles(file: Path) -> dict[str, str]:
    """Role to password, one line each; a service that came later gets its two lines."""
    lines = file.read_text().splitlines() if file.exists() else []
    roles = dict(line.split(" ", 1) for line in lines)
    for service in WITH_DATABASE:
        for role in (package_of(service), f"{package_of(service)}_owner"):
            roles.setdefault(role, secrets.token_urlsafe(24))
    _write(file, "".join(f"{role} {password}\n" for role, password in roles.items()))
    return roles


def _write(file: Path, content: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    half = file.with_name(f".{file.name}.half")
    half.write_text(content)
    half.rename(file)


if __name__ == "__main__":
    make_secrets(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
