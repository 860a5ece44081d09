import pytest
from cpam_adapter.settings import Settings
from pydantic import ValidationError


def test_the_lease_outlasts_five_of_the_longest_requests():
    with pytest.raises(ValidationError, match="LEASE_SECONDS"):
        Settings(mode="test", request_seconds=20, lease_seconds=90)


def test_in_production_the_cpam_is_reached_by_https_only():
    with pytest.raises(ValidationError, match="https"):
        Settings(mode="production", cpam_url="http://cpam.example/depot")
    assert Settings(mode="production", cpam_url="https://cpam.example/depot").capability == "B"
