"""How many deposits one process has under way is what its setting says."""

import pytest
from cpam_adapter.schedules import lanes


@pytest.mark.parametrize("parallel", range(1, 65))
def test_the_runs_together_send_as_many_as_the_setting_says(parallel):
    each = lanes(parallel)
    assert sum(each) == parallel
    assert min(each) >= 1
    assert max(each) - min(each) <= 1
