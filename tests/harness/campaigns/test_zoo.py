"""The zoo: how a finding is recognised, and the table of what was found."""

import subprocess
import sys

import pytest

from workerfuzz.harness.campaigns.zoo.bug import ANY, Sign
from workerfuzz.harness.campaigns.zoo.catalogue import BUGS, bugs_of, releases
from workerfuzz.harness.campaigns.zoo.page import page, row
from workerfuzz.harness.campaigns.zoo.search import Sighting
from workerfuzz.harness.subjects.cluster import SCHEDULER, Move
from workerfuzz.harness.worlds.violation import Violation
from workerfuzz.strategies.cluster.from_workers import Dies
from workerfuzz.strategies.cluster.universe import ClusterUniverse

BROKEN = Violation(
    "wanted_keys_resolve",
    "",
    "c0 waits for a: a is unknown",
    (Dies("w0"),),
    True,
    ClusterUniverse(),
)

MOVES = (
    Move("w0", "a", "released", "executing"),
    Move("w0", "b", "executing", "memory"),
    Move("w0", "a", "executing", "cancelled"),
    Move(SCHEDULER, "a", "released", "processing"),
)


@pytest.mark.parametrize(
    "sign",
    [
        Sign(said="waits for KEY"),
        Sign(said="^wanted_keys", steps=("dies",)),
        Sign(said="", path=(("released", "executing"), ("executing", "cancelled"))),
        Sign(said="", path=((ANY, "executing"),)),
        Sign(said="", path=(("released", "processing"),), on_scheduler=True),
        Sign(said="", written="dies w[0-9]"),
    ],
)
def test_a_sign_is_recognised(sign: Sign) -> None:
    assert sign.is_in(BROKEN, MOVES)


@pytest.mark.parametrize(
    "sign",
    [
        Sign(said="validate_state"),
        Sign(said="", steps=("dies", "join")),
        Sign(said="", without=("dies",)),
        Sign(said="", path=(("executing", "cancelled"), ("released", "executing"))),
        Sign(said="", path=(("released", "executing"), ("executing", "memory"))),
        Sign(said="", path=(("released", "processing"),)),
        Sign(said="", written="join"),
    ],
    ids=["said", "steps", "without", "order", "one-key", "party", "written"],
)
def test_what_lacks_a_part_of_a_sign_is_something_else(sign: Sign) -> None:
    assert not sign.is_in(BROKEN, MOVES)


def test_every_bug_is_looked_for_in_one_release() -> None:
    assert [bug for release in releases() for bug in bugs_of(release)] == sorted(
        BUGS, key=lambda bug: releases().index(bug.last)
    )
    assert len({bug.name for bug in BUGS}) == len(BUGS)


def test_the_page_keeps_the_rows_of_other_releases() -> None:
    first, second = BUGS[0], BUGS[-1]
    former = page("", [Sighting(first, 60.0, 1000), Sighting(second, 60.0, 1000)])
    now = Sighting(first, 1.5, 20, BROKEN)
    text = page(former, [now])
    assert row(now) in text.splitlines()
    assert row(Sighting(second, 60.0, 1000)) in text.splitlines()
    assert text.count("\n") == former.count("\n")
    assert page(text, []) == text


def test_a_bug_that_was_not_found_is_said_to_be() -> None:
    assert "| no | 60.0 | 1,000 | - | - |" in row(Sighting(BUGS[0], 60.0, 1000))


def test_another_release_than_the_installed_one_is_an_error() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "workerfuzz.harness.campaigns.zoo", "--release", "2000.1.0"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "not 2000.1.0" in done.stderr or "distributed" in done.stderr
