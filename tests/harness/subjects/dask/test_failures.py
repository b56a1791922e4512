"""Texts about exceptions of Dask."""

import pytest

from workerfuzz.harness.subjects.dask.failures import describe


class InvalidTaskState(Exception):
    """Looks like Dask's."""

    def __init__(self, key: str, state: str) -> None:
        super().__init__("a story with times in it")
        self.key, self.state = key, state


def raised(error: Exception, cause: Exception | None = None) -> Exception:
    with pytest.raises(type(error)) as caught:
        raise error from cause
    return caught.value


def test_an_assertion_is_told_by_its_place() -> None:
    with pytest.raises(AssertionError) as caught:
        assert [] == [1], "a story"
    assert describe(caught.value) == (
        'AssertionError in test_an_assertion_is_told_by_its_place (assert [] == [1], "a story")'
    )


def test_a_message_is_told_up_to_its_first_line() -> None:
    assert describe(raised(RuntimeError("cannot\nbecause of a story"))) == "RuntimeError: cannot"


def test_other_exceptions_are_told_by_place_and_message() -> None:
    empty: dict[str, int] = {}
    with pytest.raises(KeyError) as caught:
        empty.pop("x")
    assert describe(caught.value).endswith("""(empty.pop("x")): 'x'""")


def test_dasks_own_are_told_by_task_and_state_and_by_what_is_behind() -> None:
    error = raised(InvalidTaskState("x", "ready"), cause=ValueError("odd"))
    assert describe(error) == "InvalidTaskState (key x, state ready): ValueError: odd"
    assert describe(ValueError()) == "ValueError"


class Task:
    """Has a state, as Dask's."""

    state = "error"


def check(left: dict[str, float], of: int, ts: Task) -> None:
    """Assertions as Dask's validation has them."""
    used = {"cpu": of - left["cpu"]}
    assert of < left["cpu"] or not any(used.values()), used
    assert left["cpu"] == of
    assert ts.state in (
        "waiting",
        "memory",
    ), ts


@pytest.mark.parametrize(
    ("left", "text"),
    [
        (0, "of is more than left['cpu'], cpu is above nothing"),
        (2, "left['cpu'] is more than of"),
        (1, "ts is error"),
    ],
)
def test_an_assertion_is_followed_by_states_and_amounts_in_question(left: int, text: str) -> None:
    with pytest.raises(AssertionError) as caught:
        check({"cpu": left}, 1, Task())
    assert describe(caught.value).rpartition(", where ")[2] == text
