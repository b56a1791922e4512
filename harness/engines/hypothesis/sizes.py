"""Sizes of campaigns by profile: read without Hypothesis, whose import takes a third of a second."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple


class ProfileSize(NamedTuple):
    """Size of a profile: the number of its runs, and of the steps of each at most."""

    runs: int
    steps: int


#: By name: about 20 seconds for a test run, and a quarter of an hour or more for nights.
SIZES: Final[Mapping[str, ProfileSize]] = MappingProxyType(
    {"quick": ProfileSize(700, 50), "deep": ProfileSize(40_000, 60)}
)
