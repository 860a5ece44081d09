"""Keys and directory of a platform on one machine: each service holds its own and no more."""

from pathlib import Path

from chassis.directory import Directory
from local_platform.material import Material, provide_material
from local_platform.services import SERVICES


def test_only_those_who_may_open_persons_hold_the_data_key(material: Material) -> None:
    holders = {name for name in SERVICES if (material.keys(name) / "data.key").exists()}
    assert holders == {
        "declaration-gateway",
        "cpam-adapter",
        "bpij-collector",
        "matcher",
        "event-feed",
    }


def test_only_the_gateway_can_issue_tokens(material: Material) -> None:
    assert [n for n in SERVICES if (material.keys(n) / "token.key").exists()] == [
        "declaration-gateway"
    ]


def test_key_files_and_secrets_are_closed_to_others(material: Material) -> None:
    secrets = [*material.folder.rglob("*.key"), *(material.folder / "secrets").iterdir()]
    assert {file.stat().st_mode & 0o777 for file in secrets} == {0o400}


def test_directory_can_be_read_and_holds_no_secret(material: Material) -> None:
    directory = Directory.load(material.directory)
    assert {tenant.id for tenant in directory.tenants} == {
        "menuiserie-kerbrat",
        "transports-delorme",
    }
    text = material.directory.read_text()
    assert all(material.secret(client.id) not in text for client in directory.clients)


def test_what_is_there_is_kept(tmp_path: Path) -> None:
    first = provide_material(tmp_path, SERVICES)
    kept = (first.keys("matcher") / "data.key").read_text()
    again = provide_material(tmp_path, SERVICES)
    assert (again.keys("matcher") / "data.key").read_text() == kept
