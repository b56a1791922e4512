"""For tests of the tests: with WORKERFUZZ_PLANT=mutant, everything runs on a model that has that bug."""

import os
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True, scope="session")
def planted() -> Iterator[None]:
    if "WORKERFUZZ_PLANT" not in os.environ:
        yield
        return
    from examples.blunders import planted_by_environment

    with planted_by_environment():
        yield
