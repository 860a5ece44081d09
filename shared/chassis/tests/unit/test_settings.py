"""A wrong setting stops the process with one line that names it, and never shows a secret."""

import pytest
from chassis.settings import ServiceSettings, load


def test_a_misspelt_setting_is_refused_by_name(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("JONCTION_KAFFKA", "127.0.0.1:9092")
    with pytest.raises(SystemExit, match="2"):
        load(ServiceSettings)
    assert "JONCTION_KAFFKA" in capsys.readouterr().err


def test_a_wrong_database_address_is_refused_without_its_password(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("JONCTION_DATABASE", "postgresql://matcher:hunter2@127.0.0.1/matcher")
    with pytest.raises(SystemExit):
        load(ServiceSettings)
    shown = capsys.readouterr().err
    assert "JONCTION_DATABASE" in shown
    assert "hunter2" not in shown


@pytest.mark.parametrize(
    ("name", "value"),
    [("JONCTION_CLOCK", "http://127.0.0.1:1/clock"), ("JONCTION_FAILPOINT", "relay.after_send")],
)
def test_production_refuses_a_virtual_clock_and_a_failpoint(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit):
        load(ServiceSettings)
    monkeypatch.setenv("JONCTION_MODE", "demo")
    assert load(ServiceSettings).mode == "demo"
