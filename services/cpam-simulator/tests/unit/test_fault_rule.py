"""When a rule hits: counting and chance, without a server."""

from cpam_simulator.domain.fault import KINDS, FaultRule


def test_the_same_seed_draws_the_same_calls_and_another_seed_others() -> None:
    def drawn(seed: int) -> list[bool]:
        rule = FaultRule(kind="empty", percent=30, seed=seed)
        return [rule.drawn(nth) for nth in range(200)]

    assert drawn(1) == drawn(1) != drawn(2)
    assert 35 <= sum(drawn(1)) <= 85


def test_everything_is_drawn_at_a_hundred_percent_after_the_skipped_ones() -> None:
    rule = FaultRule(kind="empty", skip=2)
    assert [rule.drawn(nth) for nth in range(4)] == [False, False, True, True]


def test_kinds_wait_for_the_operation_they_spoil() -> None:
    assert FaultRule(kind="empty").hits == "DeposerDeclarations"
    assert FaultRule(kind="empty", operation="bpij.list").hits == "bpij.list"
    assert FaultRule(kind="reordered").hits == "RecupererReponses"
    assert FaultRule(kind="zip-bomb").hits == "slip"


def test_a_rule_may_overrule_whether_its_kind_takes_effect() -> None:
    for name, kind in KINDS.items():
        assert FaultRule(kind=name).commits is kind.commits
        assert FaultRule(kind=name, commit=not kind.commits).commits is not kind.commits
