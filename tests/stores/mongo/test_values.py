"""How values that MongoDB cannot hold go there and come back."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moviesync.stores.mongo.values import escaped, unescaped


@pytest.mark.parametrize("key", ["＄", "＼", "＼＄", "＼＼＄", "$＼.", "␀\0", "a$b", "＼int", "int"])  # noqa: RUF001
def test_keys_come_back(key: str) -> None:
    assert unescaped(escaped({key: "1"})) == {key: "1"}
    assert not {"$", ".", "\0"} & set("".join(escaped({key: 1})))


def lists_in_lists(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(lists_in_lists, value.values()))
    return isinstance(value, list) and any(isinstance(one, list) or lists_in_lists(one) for one in value)


LEAVES = st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False)
KEYS = st.text() | st.sampled_from(["＼list", "＼int", "＼float", "list", "＼＼list"])  # noqa: RUF001
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner), max_leaves=20)


@given(VALUES)
def test_values_come_back_and_hold_no_list_in_a_list(value: Any) -> None:
    form = escaped(value)
    assert not lists_in_lists(form)
    assert unescaped(form) == value


def test_pages_done_as_they_stand_in_the_database() -> None:
    form = escaped({"pagesDone": [[1, 3], [7, 7]]})
    assert form == {"pagesDone": [{"＼list": [1, 3]}, {"＼list": [7, 7]}]}  # noqa: RUF001


def test_pages_done_of_the_first_version_are_read() -> None:
    assert unescaped({"pagesDone": [[1, 3], [7, 7]]}) == {"pagesDone": [[1, 3], [7, 7]]}
