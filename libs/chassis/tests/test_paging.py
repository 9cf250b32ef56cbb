"""Cursors: what we made we can read, and nothing else."""

import base64
import json

import pytest
from chassis.paging import MAX_INT, BadCursor, decode_cursor, encode_cursor
from hypothesis import example, given
from hypothesis import strategies as st

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=100)
KEYS = st.lists(TEXTS | st.integers(-MAX_INT, MAX_INT), max_size=4)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)


def cursor_of(anything: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(anything).encode()).decode().rstrip("=")


@given(TEXTS, KEYS)
def test_a_cursor_is_read_as_it_was_made(kind, keys) -> None:
    cursor = encode_cursor(kind, *keys)

    assert decode_cursor(kind, cursor, *(type(key) for key in keys)) == tuple(keys)
    assert "=" not in cursor


@given(st.text(max_size=512), st.lists(st.sampled_from([str, int]), max_size=3))
@example("é", [str])
@example("W10", [])
@example("bnVsbA", [str])
@example(cursor_of("[" * 400), [str])
def test_garbage_is_a_bad_cursor_and_nothing_else(garbage, types) -> None:
    with pytest.raises(BadCursor):
        decode_cursor("a kind that nobody guesses", garbage, *types)


@given(JSON, st.lists(st.sampled_from([str, int]), max_size=3))
def test_any_document_is_a_bad_cursor_or_has_keys_that_a_store_can_be_asked_for(document, types) -> None:
    try:
        keys = decode_cursor("orders", cursor_of(["orders", document] if types else document), *types)
    except BadCursor:
        return
    assert [type(key) for key in keys] == types
    for key in keys:
        assert "\x00" not in str(key).encode("utf-8").decode()
        assert not isinstance(key, int) or abs(key) <= MAX_INT


@pytest.mark.parametrize(
    "forged",
    [
        ["orders", "a"],
        ["orders", True],
        ["orders", 1.0],
        ["orders", None],
        ["orders", 2**63],
        ["orders", -(2**70)],
        ["orders", 1, 2],
        ["orders"],
        ["products", 1],
        {"orders": 1},
        [["orders"], 1],
    ],
    ids=str,
)
def test_a_cursor_of_another_shape_is_refused(forged) -> None:
    with pytest.raises(BadCursor):
        decode_cursor("orders", cursor_of(forged), int)


@pytest.mark.parametrize("text", ["a\x00", "\ud800", "b\udfff"])
def test_a_text_that_no_store_can_hold_is_refused(text) -> None:
    with pytest.raises(BadCursor):
        decode_cursor("orders", cursor_of(["orders", text]), str)
