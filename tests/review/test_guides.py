"""Every rule of the guides is checked, or rejected with a reason; and nothing else is claimed."""

from __future__ import annotations

from loadcase.review.catalogue import rules
from loadcase.review.guides import guidelines

COUNT, SECOND_TIER = 81, 19


def test_the_list_of_the_guides_is_whole() -> None:
    found = guidelines().values()
    assert len(found) == COUNT
    assert sum(g.tier == 2 for g in found) == SECOND_TIER


def test_each_is_checked_or_rejected_with_a_reason() -> None:
    for one in guidelines().values():
        assert bool(one.checked_by) != bool(one.rejected), one.name
        assert not (one.left and one.rejected), one.name
        assert not one.rejected or len(one.rejected.split()) > 5, one.name


def test_rules_cover_what_there_is() -> None:
    for rule in rules().values():
        assert set(rule.covers) <= set(guidelines()), rule.name
