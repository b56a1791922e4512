"""Table of the engines that a campaign can choose from."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from workerfuzz.harness.engines.explore.search import EXPLORE, search_by_exploring
from workerfuzz.harness.engines.hypothesis.search import HYPOTHESIS, search_by_hypothesis
from workerfuzz.harness.engines.protocol import Engine
from workerfuzz.harness.engines.walk.walker import search_by_walk

#: By the name that commands and plans use.
ENGINES: Final[Mapping[str, Engine]] = MappingProxyType(
    {HYPOTHESIS: search_by_hypothesis, "walk": search_by_walk, EXPLORE: search_by_exploring}
)
