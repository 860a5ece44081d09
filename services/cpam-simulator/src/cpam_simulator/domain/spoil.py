"""Replies that are well-formed and wrong: the faults of content, on plain values.

Input: an honest reply and the rule that hits it. Output: what is answered instead; the ledger keeps
the truth.
"""

from dataclasses import replace

from cpam_simulator.domain.fault import FaultRule
from cpam_simulator.domain.reply import DueAnswer, DueAnswers, Filed, Receipts, RefusedItem, Reply

FOREIGN_NUMBER = "AUTRE00000000001"
_FOREIGN_REFERENCE = "DEP-AUTRE-000000001"
_OTHER_CONTENT = "0" * 64


def spoil_reply(
    reply: Reply, rule: FaultRule, targets: frozenset[str], foreign_number: str | None
) -> Reply:
    """`foreign_number` is a control number of another account, when one exists."""
    if isinstance(reply, Receipts):
        return _spoil_receipts(reply, rule.kind, targets)
    if isinstance(reply, DueAnswers):
        return _spoil_answers(reply, rule, targets, foreign_number or FOREIGN_NUMBER)
    return reply


def _spoil_receipts(reply: Receipts, kind: str, targets: frozenset[str]) -> Receipts:
    if kind == "partial-lot":
        # A lot of one becomes an answer without any receipt, which the schema does not allow.
        return Receipts(reply.items[: len(reply.items) // 2])
    return Receipts(
        tuple(
            _spoil_receipt(item, kind) if item.control_number in targets else item
            for item in reply.items
        )
    )


def _spoil_receipt(item: Filed | RefusedItem, kind: str) -> Filed | RefusedItem:
    if isinstance(item, RefusedItem):
        return item
    match kind:
        case "other-number":
            return replace(item, control_number=FOREIGN_NUMBER)
        case "duplicate-of-own":
            return replace(item, repeat=True)
        case "duplicate-of-other":
            return replace(
                item, repeat=True, reference=_FOREIGN_REFERENCE, fingerprint=_OTHER_CONTENT
            )
        case _:
            return item


def _spoil_answers(
    reply: DueAnswers, rule: FaultRule, targets: frozenset[str], foreign: str
) -> DueAnswers:
    items = reply.items
    match rule.kind:
        case "duplicate-answers":
            return replace(reply, items=tuple(item for item in items for _ in range(rule.times)))
        case "reordered":
            return replace(reply, items=items[::-1])
        case "cut-number":
            return replace(reply, items=tuple(_cut(item, targets) for item in items))
        case "unknown-number":
            return replace(reply, items=(*items, *_stray(items, "INCONNU000000001")))
        case "other-account":
            return replace(reply, items=(*items, *_stray(items, foreign)))
        case _:
            return reply


def _cut(item: DueAnswer, targets: frozenset[str]) -> DueAnswer:
    """The number as a partner with a short field would echo it: 12 characters."""
    if item.control_number is None or item.control_number not in targets:
        return item
    return replace(item, control_number=item.control_number[:12])


def _stray(items: tuple[DueAnswer, ...], number: str) -> tuple[DueAnswer, ...]:
    """An answer that is not ours, in the likeness of the first one that is."""
    return tuple(
        replace(item, id=f"STRAY-{item.id}", control_number=number, reference=_FOREIGN_REFERENCE)
        for item in items[:1]
    )
