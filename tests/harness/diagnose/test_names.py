"""Keys of a dump, in their three spellings."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workerfuzz.harness.diagnose.names import (
    Labels,
    Spellings,
    key_text,
    participant_text,
    printable,
    task_text,
)

PARTS = st.recursive(
    st.text(max_size=8) | st.integers() | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=3).map(tuple),
    max_leaves=4,
)
KEYS = st.text(max_size=12) | st.lists(PARTS, min_size=1, max_size=3).map(tuple)


def as_dumped(key: object) -> object:
    """As ``recursive_to_dict`` makes a value of it."""
    return [as_dumped(part) for part in key] if isinstance(key, tuple) else key


@given(KEYS)
def test_all_spellings_of_a_key_are_one(key: object) -> None:
    spellings = Spellings()
    expected = str(key)
    assert spellings.learn(as_dumped(key)) == expected
    mapped = key if isinstance(key, str) else str(as_dumped(key))
    assert spellings.of_mapping(mapped) == expected
    assert task_text(f"<TaskState {key!r} memory>") == expected


@pytest.mark.parametrize(
    ("shown", "key"),
    [
        ("<TaskState 'x' processing>", "x"),
        ("<TaskState ('x', 0) memory>", "('x', 0)"),
        ("<TaskState \"('x', 0)\" memory>", "('x', 0)"),  # of old releases, in which keys are text
        ("<TaskState 'a memory> b' erred>", "a memory> b"),
        ('<TaskState "it\'s" cancelled(executing)>', "it's"),
        ("<TaskState 'x' resumed(flight->waiting)>", "x"),
        ("x", "x"),
    ],
)
def test_the_key_of_a_shown_task(shown: str, key: str) -> None:
    assert task_text(shown) == key


def test_the_address_of_a_shown_worker() -> None:
    shown = "<WorkerState 'tcp://10.0.0.1:80', name: 0, status: running, memory: 1, processing: 0>"
    assert participant_text(shown) == "tcp://10.0.0.1:80"
    assert participant_text("<Client 'Client-1'>") == "Client-1"


def test_a_list_nested_without_end_is_a_key_all_the_same() -> None:
    nested: list[object] = []
    for _ in range(50):
        nested = [nested]
    assert key_text(nested)


def test_nothing_steers_the_terminal() -> None:
    assert printable("a\x1b[2Jb\nc") == "a\\x1b[2Jb\\nc"


def test_workers_have_short_names_that_differ() -> None:
    labels = Labels({"tcp://a:1": 0, "tcp://b:1": 1, "tcp://c:1": "w1", "tcp://d:1": "tcp://d:1"})
    assert labels.listed(["tcp://a:1", "tcp://b:1", "tcp://c:1", "tcp://d:1", "tcp://e:1"]) == (
        "w0, w1, c:1, d:1, tcp://e:1"
    )
