"""Hypothesis settings by profile. All are explicit, because Hypothesis changes defaults if CI=true."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from hypothesis import HealthCheck, Phase, Verbosity, settings

from workerfuzz.harness.engines.hypothesis.sizes import SIZES

#: Shrinking by Hypothesis is followed by our own; it explains nothing that our transcript does not.
PHASES: Final = (Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink)


def profile(runs: int, steps: int) -> settings:
    """Settings for so many runs of so many steps at most."""
    return settings(
        max_examples=runs,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        derandomize=False,
        print_blob=False,
        report_multiple_bugs=False,  # one violation at a time: each becomes a case
        phases=PHASES,
        suppress_health_check=tuple(HealthCheck),
        verbosity=Verbosity.quiet,
    )


#: By name.
PROFILES: Final[Mapping[str, settings]] = MappingProxyType(
    {name: profile(*size) for name, size in SIZES.items()}
)
