"""For tests of the tests: with WORKERFUZZ_PLANT=mutant, everything runs on a model that has that bug."""

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

#: How long a test takes is no property of what it tests.
settings.register_profile("tests", deadline=None)
settings.load_profile("tests")


@pytest.fixture(autouse=True, scope="session")
def planted() -> Iterator[None]:
    if "WORKERFUZZ_PLANT" not in os.environ:
        yield
        return
    from examples.blunders import planted_by_environment

    with planted_by_environment():
        yield
