"""Conditions in an address: the grammar, its limits, and what a reader may ask."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm.kit.errors import Invalid
from crm.kit.where.grammar import AND, MAX_CONDITIONS, MAX_TEXT, OR, Condition, Group, parse, write

TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Zs")), max_size=8
)
CONDITIONS = st.builds(
    Condition,
    st.from_regex(r"[a-z_]{1,9}(\.[a-z]{1,9})?", fullmatch=True),
    st.sampled_from(["is", "not", "any", "empty", "between"]),
    st.lists(TEXT, max_size=3).map(tuple),
)


def groups(depth: int) -> st.SearchStrategy[Group]:
    """Groups of at most so many levels, as the reader makes them: one part alone is joined by AND."""
    parts = CONDITIONS if depth == 1 else st.one_of(CONDITIONS, groups(depth - 1))
    made = st.builds(Group, st.sampled_from([AND, OR]), st.lists(parts, min_size=1, max_size=3).map(tuple))
    return made.map(lambda one: one if len(one.parts) > 1 else Group(AND, one.parts))


@settings(max_examples=200, deadline=None, derandomize=True)
@given(groups(3))
def test_what_was_written_is_read_back(group: Group) -> None:
    """Whatever stands in the values: brackets, commas, backslashes, Chinese."""
    text = write(group)
    if len(text) <= MAX_TEXT:
        assert parse(text) == group


@settings(max_examples=400, deadline=None, derandomize=True)
@given(st.one_of(st.text(max_size=60), st.text("ab.:;|(),\\ is", max_size=40)))
def test_any_text_is_read_or_refused_with_a_sentence(text: str) -> None:
    """And what was read can be written and read again."""
    try:
        found = parse(text)
    except Invalid:
        return
    assert parse(write(found)) == found


@pytest.mark.parametrize(
    "text",
    [
        "", "city", "city.is:a;b.is:c|d.is:e", "(city.is:a", "city.is:a)", "()", ";", "((((city.is:a))))",
        "city.is:" + "x" * MAX_TEXT, ";".join(["a.is:b"] * (MAX_CONDITIONS + 1)), "a.is:b\0", "a.is:b\\",
        "a..is:b", "a__b'--.is:b c", "a.b.c.d.is:x", ".is:x", "a.any:" + ",".join("b" * 60),
    ],
)  # fmt: skip
def test_what_is_not_in_the_grammar_is_refused(text: str) -> None:
    """Mixed signs, open brackets, too deep, too long, too many."""
    with pytest.raises(Invalid):
        parse(text)
