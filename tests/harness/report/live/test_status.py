"""The status of a campaign: time, budget, and new transitions."""

import pytest
from examples.accounts import account, met

from workerfuzz.harness.campaigns.plan.budget import Budget
from workerfuzz.harness.report.live.status import CampaignStatus, clock_time, status_line


class Clock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def standing(clock: Clock, **budget: float) -> CampaignStatus:
    return CampaignStatus(Budget(**budget), clock)  # type: ignore[arg-type]  # runs are whole numbers


@pytest.mark.parametrize(
    ("budget", "share", "left"),
    [
        ({"seconds": 60}, 0.5, 30.0),
        ({"runs": 80}, 0.25, 90.0),
        ({"cpu_s": 8}, 0.25, 90.0),
        ({"seconds": 120, "runs": 30}, 2 / 3, 15.0),
        ({"seconds": 10}, 1.0, 0.0),
    ],
)
def test_budget_is_used_up_by_what_is_scarcest(
    budget: dict[str, float], share: float, left: float
) -> None:
    clock = Clock()
    stands = standing(clock, **budget)
    stands.update(account(runs=20))  # takes 2 s of CPU
    clock.now += 30
    assert stands.share() == pytest.approx(share)
    assert stands.left() == pytest.approx(left)


def test_nobody_knows_what_is_left_before_the_first_run() -> None:
    stands = standing(Clock(), runs=20)
    assert stands.share() == 0
    assert stands.left() is None
    assert status_line(stands).startswith("0:00, 0 runs")


def test_shards_are_told_apart_by_their_seeds() -> None:
    stands = standing(Clock(), seconds=60)
    for done in (account(1, runs=10), account(2, runs=20), account(1, runs=30)):
        stands.update(done)
    assert stands.runs == 50
    assert stands.steps == 2500
    assert stands.speed == 250


def test_last_new_edge_is_remembered() -> None:
    clock = Clock()
    stands = standing(clock, seconds=60)
    clock.now += 5
    stands.update(account())
    clock.now += 5
    stands.update(account())
    assert stands.newest == {"clusters of dask 2026.8.0": 5.0}


def test_one_line_tells_it_all() -> None:
    clock = Clock()
    stands = standing(clock, seconds=60)
    clock.now += 10
    stands.update(account(findings=[met(), met("known_one", known="an old one")]))
    assert status_line(stands) == (
        "0:10, 0:50 left, 20 runs, 1,000 steps (100/s), edges: worker 3 of 4 and scheduler 0 of 2, "
        "3 never reached, 1 new finding, 1 known"
    )


def test_time_reads_like_a_clock() -> None:
    assert [clock_time(s) for s in (0.9, 61, 3600, 36_061.5)] == [
        "0:00",
        "1:01",
        "1:00:00",
        "10:01:01",
    ]
