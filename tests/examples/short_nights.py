"""The command line, where the canary of a night has few runs and few cases are replayed.

``python short_nights.py nightly ...``; how much a night proves is tested elsewhere.
"""

import itertools
from collections.abc import Iterable, Iterator
from pathlib import Path

from workerfuzz.harness import cli
from workerfuzz.harness.campaigns.nightly import regression_replay, validity
from workerfuzz.harness.cases.format.files import case_files


def few_files(paths: Iterable[Path]) -> Iterator[Path]:
    return itertools.islice(case_files(paths), 10)


if __name__ == "__main__":
    validity.RUNS = 5  # type: ignore[misc]  # not final here
    regression_replay.case_files = few_files
    cli.main()
