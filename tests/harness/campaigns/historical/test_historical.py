"""The zoo: how a finding is recognised, and the table of what was found."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from workerfuzz.harness.campaigns.historical import __main__ as zoo
from workerfuzz.harness.campaigns.historical.bug import ANY, Sign
from workerfuzz.harness.campaigns.historical.catalogue import (
    BUGS,
    bugs_of,
    concerned,
    fixed_in,
    releases,
)
from workerfuzz.harness.campaigns.historical.page import judged, page, row
from workerfuzz.harness.campaigns.historical.search import (
    HistoricalSearch,
    Sighting,
    keep,
    look_for,
    place,
    replayed,
    unless_sound,
)
from workerfuzz.harness.campaigns.mutants.catalogue import named
from workerfuzz.harness.campaigns.plan.plan import Plan
from workerfuzz.harness.subjects import get_cluster
from workerfuzz.harness.subjects.cluster_protocol import SCHEDULER, TaskTransition
from workerfuzz.harness.worlds.violation import Violation
from workerfuzz.strategies.cluster import BY_WORD
from workerfuzz.strategies.cluster.from_workers import Dies
from workerfuzz.strategies.cluster.run_config import ClusterRunConfig
from workerfuzz.strategies.worker import parse

BROKEN = Violation(
    "wanted_keys_resolve",
    "",
    "c0 waits for a: a is unknown",
    (Dies("w0"),),
    True,
    ClusterRunConfig(),
)

MOVES = (
    TaskTransition("w0", "a", "released", "executing"),
    TaskTransition("w0", "b", "executing", "memory"),
    TaskTransition("w0", "a", "executing", "cancelled"),
    TaskTransition(SCHEDULER, "a", "released", "processing"),
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


def test_what_does_not_matter_is_no_reason_to_leave_a_run_alone() -> None:
    sign = Sign(said="", without=("dies",))
    assert sign.could_be_in(BROKEN, MOVES)
    assert not sign.is_in(BROKEN, MOVES)


def test_every_bug_is_looked_for_in_one_release() -> None:
    assert [bug for release in releases() for bug in bugs_of(release)] == sorted(
        BUGS, key=lambda bug: releases().index(bug.last)
    )
    assert len({bug.name for bug in BUGS}) == len(BUGS)


def test_every_release_that_ended_a_bug_is_concerned() -> None:
    ended = [bug for release in concerned() for bug in fixed_in(release)]
    assert {bug.name for bug in ended} == {bug.name for bug in BUGS if bug.fixed}
    assert set(releases()) <= set(concerned())
    assert concerned().index("2022.8.1") < concerned().index("2022.10.0")


def test_the_page_keeps_the_rows_of_other_releases() -> None:
    first, second = BUGS[0], BUGS[-1]
    former = page("", [Sighting(first, 60.0, 1000), Sighting(second, 60.0, 1000)])
    now = Sighting(first, 1.5, 20, BROKEN)
    text = page(former, [now])
    assert row([now]) in text.splitlines()
    assert row([Sighting(second, 60.0, 1000)]) in text.splitlines()
    assert text.count("\n") == former.count("\n")
    assert page(text, []) == text


def test_a_row_tells_of_all_searches_for_a_bug() -> None:
    long = replace(BROKEN, steps=BROKEN.steps * 3)
    text = row(
        [
            Sighting(BUGS[0], 2.0, 100, long),
            Sighting(BUGS[0], 60.0, 5000),
            Sighting(BUGS[0], 4.0, 2000, BROKEN),
        ]
    )
    assert text.endswith("| 2 of 3 | 3.0 | 1,050 | 1 | `wanted_keys_resolve` | - |")


def test_a_bug_that_was_not_found_is_said_to_be() -> None:
    assert "| 0 of 1 | 60.0 | 1,000 | - | - | - |" in row([Sighting(BUGS[0], 60.0, 1000)])


def test_the_page_tells_which_release_is_without_a_bug() -> None:
    first, second = BUGS[:2]
    text = page("", [Sighting(bug, 1.0, 10, BROKEN) for bug in (first, second)])
    told = judged(text, {first: False, second: True, BUGS[-1]: False})
    one, other = told.splitlines()[-2:]
    assert one.endswith(f"| `wanted_keys_resolve` | {first.fixed} |")
    assert other.endswith(f"| `wanted_keys_resolve` | not from {second.fixed} |")
    assert judged(told, {}) == told


def test_a_run_that_showed_a_bug_is_replayed_elsewhere(tmp_path: Path) -> None:
    subject, bug = get_cluster("reference"), replace(BUGS[0], signs=(Sign(said="waits for KEY"),))
    steps = tuple(parse(line, BY_WORD) for line in ("submit c0 a want a", "notice w0", "dies w0"))
    found = Sighting(bug, 1.0, 10, replace(BROKEN, steps=steps))
    folder = tmp_path / "runs"
    assert replayed(folder, subject, [bug]) == {}
    keep(folder, subject, bug, [Sighting(bug, 60.0, 1000)])
    assert replayed(folder, subject, [bug]) == {}
    keep(folder, subject, bug, [found])
    assert replayed(folder, subject, [bug]) == {bug: False}  # nobody has died when it is noticed
    with named("finish-is-kept-secret").planted():
        assert replayed(folder, subject, [bug]) == {bug: True}
        other = replace(bug, signs=(Sign(said="nothing"),))
        assert replayed(folder, subject, [other]) == {other: False}


def test_a_number_without_its_sign_is_a_name_of_a_file() -> None:
    assert place(Path("runs"), BUGS[-1]) == Path("runs", f"{BUGS[-1].name[1:]}.stem")


def test_another_release_than_the_installed_one_is_an_error() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "workerfuzz.harness.campaigns.historical", "--release", "2000.1.0"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "not 2000.1.0" in done.stderr or "distributed" in done.stderr


def test_a_search_tells_how_far_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    monkeypatch.setattr("workerfuzz.harness.campaigns.shard.shard.POINT_S", 0.0)
    bug = replace(BUGS[0], limit_s=0.2)
    look_for(
        get_cluster("reference"), [bug], 0, lambda sighting: None,
        lambda search: seen.append(search.steps),
    )  # fmt: skip
    assert len(seen) > 1
    assert seen[-1] > seen[0]


def test_a_search_finds_a_bug_that_is_there() -> None:
    sign = Sign(said="waits for KEY")
    bug = replace(BUGS[0], signs=(sign,), limit_s=20.0)
    told: list[Sighting] = []
    with named("finish-is-kept-secret").planted():
        (sighting,) = look_for(get_cluster("reference"), [bug], 0, told.append)
    assert told == [sighting]
    assert sighting.shrunk is not None
    assert sign.is_in(sighting.shrunk, ())


def test_how_far_a_search_is_shows_on_a_terminal_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    search = HistoricalSearch(
        Plan(subject="reference", scope="cluster", seed=7), get_cluster("reference")
    )
    search.bugs = [*BUGS[:3]]
    search.sightings = [Sighting(BUGS[3], 1.0, 1)]
    zoo.show(search)
    assert capsys.readouterr() == ("", "")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    zoo.show(search)
    out, err = capsys.readouterr()
    assert out == ""
    assert "seed 7: 1 of 4 found, 0 steps, " in err
    zoo.say("a row")
    assert capsys.readouterr() == ("a row\n", "\r\x1b[K")


def test_a_search_goes_on_behind_what_it_met_and_leaves_the_world_sound() -> None:
    left = Violation("nothing_is_left", "", "w0: tasks: a (error)", (), True, ClusterRunConfig())
    assert unless_sound(left, (), lambda mark: True) is None
    assert unless_sound(left, (), lambda mark: False) is left
    assert unless_sound(BROKEN, (), lambda mark: True) is BROKEN
    sought = replace(BUGS[0], signs=(Sign(said="nothing_is_left"),))
    assert unless_sound(left, (sought,), lambda mark: True) is left


@pytest.mark.parametrize("name", ["Z10", "#8549"])
def test_a_bug_is_recognised_by_the_property_that_sees_it_first(name: str) -> None:
    (bug,) = [bug for bug in BUGS if bug.name == name]
    property_, text, lines, moves = FIRST_SEEN[name]
    steps = tuple(parse(line, BY_WORD) for line in lines)
    found = Violation(property_, "", text, steps, False, ClusterRunConfig())
    assert bug.is_in(found, moves)
    assert not bug.is_in(replace(found, steps=()), moves)
    assert not bug.is_in(found, moves[:-1])


#: By bug: what breaks first, the steps that matter, and the moves of the key.
FIRST_SEEN = {
    "Z10": (
        "threads_are_known",
        "a: no thread, the worker knows of a thread in a slot",
        ("fail w0 a",),
        (
            TaskTransition("w0", "a", "executing", "cancelled"),
            TaskTransition("w0", "a", "cancelled", "resumed"),
            TaskTransition("w0", "a", "resumed", "error"),
        ),
    ),
    "#8549": (
        "no_handler_raises",
        '_transition_released_waiting: assert dts.state not in {"forgotten", "erred"}; dts is erred',
        ("dies w0", "fail w1 a"),
        (
            TaskTransition(SCHEDULER, "a", "memory", "released"),
            TaskTransition(SCHEDULER, "a", "processing", "erred"),
        ),
    ),
}
