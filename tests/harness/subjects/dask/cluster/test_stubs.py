"""Stubs for parts of Dask's environment behave as the originals do."""

import pytest

from workerfuzz.harness.subjects.dask.cluster.embedding import Asyncio, run_synchronously


async def done(value: int, order: list[int]) -> int:
    order.append(value)
    if value < 0:
        raise ValueError(value)
    return value


def test_what_is_gathered_comes_in_its_order() -> None:
    assert run_synchronously(Asyncio.gather, done(2, []), done(1, [])) == [2, 1]


def test_if_one_raises_the_others_run_all_the_same() -> None:
    order: list[int] = []
    with pytest.raises(ValueError, match="-1"):
        run_synchronously(
            Asyncio.gather, done(1, order), done(-1, order), done(-2, order), done(2, order)
        )
    assert order == [1, -1, -2, 2]


def test_what_is_raised_may_be_a_result() -> None:
    one, other = run_synchronously(
        Asyncio.gather, done(-1, []), done(2, []), return_exceptions=True
    )
    assert (repr(one), other) == ("ValueError(-1)", 2)
