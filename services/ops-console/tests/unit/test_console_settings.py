import hashlib
from pathlib import Path

import ops_console
import pytest
from chassis.settings import load
from ops_console.settings import Settings

VENDOR = Path(ops_console.__file__).parent / "static" / "vendor"


def test_console_is_refused_in_production(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("JONCTION_MODE", "production")

    with pytest.raises(SystemExit):
        load(Settings)
    assert "refused in production" in capsys.readouterr().err


def test_console_is_refused_beyond_this_machine(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("JONCTION_MODE", "demo")
    monkeypatch.setenv("JONCTION_HOST", "0.0.0.0")

    with pytest.raises(SystemExit):
        load(Settings)
    assert "loopback" in capsys.readouterr().err


def test_vendored_files_are_those_that_were_taken() -> None:
    lines = (VENDOR / "SHA256SUMS").read_text("ascii").splitlines()
    sums = {name: wanted for wanted, name in (line.split() for line in lines)}

    assert set(sums) == {path.name for path in VENDOR.iterdir()} - {"SHA256SUMS"}
    for name, wanted in sums.items():
        assert hashlib.sha256((VENDOR / name).read_bytes()).hexdigest() == wanted
