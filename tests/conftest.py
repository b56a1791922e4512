"""For tests of the tests: with WORKERFUZZ_PLANT=mutant, everything runs on a model that has that bug."""

import os
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True, scope="session")
def planted() -> Iterator[None]:
    name = os.environ.get("WORKERFUZZ_PLANT")
    if not name:
        yield
        return
    from workerfuzz.harness.campaigns.mutants.catalogue import named

    with named(name).planted():
        yield
