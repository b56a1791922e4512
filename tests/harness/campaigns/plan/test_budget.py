"""When a campaign ends."""

import pytest

from workerfuzz.harness.campaigns.plan.budget import Budget


@pytest.mark.parametrize(
    ("budget", "text"),
    [
        (Budget(), "700 runs"),
        (Budget(profile="deep"), "40000 runs"),
        (Budget(seconds=90), "90 s"),
        (Budget(cpu_s=1.5, runs=3), "1.5 s of CPU or 3 runs"),
    ],
)
def test_a_budget_says_what_ends_it(budget: Budget, text: str) -> None:
    assert str(budget) == text


@pytest.mark.parametrize(
    ("budget", "used", "is_spent"),
    [
        (Budget(), (1e6, 1e6, 699), False),
        (Budget(), (0, 0, 700), True),
        (Budget(seconds=2), (1.9, 5, 10_000), False),
        (Budget(seconds=2), (2, 0, 0), True),
        (Budget(cpu_s=2), (9, 1.9, 10_000), False),
        (Budget(cpu_s=2), (0, 2, 0), True),
        (Budget(seconds=2, runs=5), (1, 1, 5), True),
    ],
)
def test_the_first_limit_ends_it(
    budget: Budget, used: tuple[float, float, int], is_spent: bool
) -> None:
    assert budget.spent(*used) is is_spent
