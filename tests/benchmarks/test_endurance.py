"""A campaign is looked at in a process of its own; memory that grows is noticed."""

from collections.abc import Callable
from types import ModuleType

Import = Callable[[str], ModuleType]


def test_campaign_is_looked_at_until_its_end(benchmark_module: Import) -> None:
    endurance = benchmark_module("endurance")
    head, table, peak, more, corpus = endurance.endurance("reference", "worker", 0.01)
    assert head == "\nreference, worker: a campaign of 0.01 minutes"
    last = table.splitlines()[-1].split()
    assert int(last[1].replace(",", "")) > 0
    assert int(last[3]) > 0
    assert (peak.aim, more.aim) == ("below 300 MiB", "at most 10%")
    stems = int(corpus.measured.split()[0])
    assert stems == int(last[4]) > 0


def test_memory_is_judged_by_its_peak_and_by_its_growth(benchmark_module: Import) -> None:
    endurance = benchmark_module("endurance")

    def met(*mib: int) -> list[bool | None]:
        looks = [endurance.Look(place, 1, 1, 1024 * item, 0) for place, item in enumerate(mib)]
        return [aim.met for aim in endurance.judged("x", looks)]

    assert met(100, 200, 210, 215) == [True, True]
    assert met(100, 200, 210, 225) == [True, False]
    assert met(290, 295, 300, 300) == [False, True]
