"""Tables of a night: properties, kinds of step, tactics, shards, and the night before."""

from dataclasses import replace

from examples.accounts import account, met, tally

from workerfuzz.harness.report.groups import groups
from workerfuzz.harness.report.night_report import tables
from workerfuzz.harness.report.night_report.tables import NightDifference


def test_properties_that_broke_come_first() -> None:
    checked = {"nothing_is_left": 5, "role_fits_state": 40}
    done = account(counters={"swarm": tally(checked=checked)})
    bugs = [
        met("wanted_keys_resolve", occurrences=3),
        met("their_own", occurrences=1, sentence="They say so."),
    ]
    rows = tables.checked(groups([done]), bugs)
    assert [(checked.name, checked.counts, checked.broken) for checked in rows] == [
        ("their_own", (0,), (1,)),
        ("wanted_keys_resolve", (0,), (3,)),
        ("role_fits_state", (40,), (0,)),
        ("nothing_is_left", (5,), (0,)),
    ]
    assert [checked.kind for checked in rows] == ["", "at rest", "always", "at rest"]
    assert rows[0].sentence == "They say so."


def test_what_breaks_elsewhere_is_not_counted_here() -> None:
    (group,) = groups([account()])
    bugs = [
        met(occurrences=3),
        met(occurrences=5, subject="reference"),
        met(occurrences=7, scope="worker"),
    ]
    assert tables.breaks("nothing_is_left", group, bugs) == 3


def test_kinds_of_step_tell_possible_from_taken() -> None:
    (group,) = groups([account(cannot={"steal": "it is not known how"})])
    submit, deliver, steal = tables.step_kinds(group)
    assert (submit.possible, submit.taken) == (1.0, 90)
    assert (deliver.possible, round(deliver.share, 3)) == (0.1, round(9 / 99, 3))
    assert (steal.possible, steal.taken, steal.why_not) == (0, 0, "it is not known how")


def test_kinds_of_step_of_a_shard_that_did_nothing() -> None:
    (group,) = groups([account(counters={})])
    assert [kind.taken for kind in tables.step_kinds(group)] == [0, 0, 0]


def test_tactics_are_added_up_over_shards() -> None:
    other = tally(10, edges={"worker memory -> released": 1}, found=2)
    (group,) = groups([account(1), account(2, counters={"swarm": other, "uniform": tally(5)})])
    swarm, uniform = tables.tactics(group)
    assert (swarm.name, swarm.runs, swarm.steps, swarm.edges, swarm.found) == (
        "swarm",
        30,
        1500,
        4,
        2,
    )
    assert swarm.speed == 1500 / 3.0
    assert (uniform.name, uniform.runs) == ("uniform", 5)


def test_shards_are_told_by_their_seeds() -> None:
    one, other = tables.shards([account(1), account(2, seconds=0.0, interrupted=True)])
    assert (one.name, one.description, one.speed) == ("1", "clusters of dask 2026.8.0, walk", 100.0)
    assert (other.description, other.speed) == ("clusters of dask 2026.8.0, walk, interrupted", 0.0)


def test_groups_are_compared_with_the_same_system_whatever_its_release() -> None:
    former = tally(edges={"worker waiting -> ready": 1, "worker memory -> released": 1})
    before = groups([account(version="2025.1.0", counters={"swarm": former})])
    (row,) = tables.compared(groups([account()]), before)
    assert (row.name, row.former) == ("clusters of dask 2026.8.0", "clusters of dask 2025.1.0")
    assert row.gained == ("worker executing -> memory", "worker ready -> executing")
    assert row.lost == ("worker memory -> released",)
    told = {change.name: (change.before, change.now, change.judged) for change in row.changes}
    assert told["transitions of the worker"] == (1, 3, "better")
    assert told["not reached yet"] == (5, 3, "better")
    assert told["runs"] == (20, 20, "")


def test_other_systems_are_not_compared() -> None:
    other = account()
    other.plan = replace(other.plan, subject="reference")
    assert list(tables.compared(groups([account()]), groups([other]))) == []


def test_changes_are_told_in_the_way_that_says_most() -> None:
    assert NightDifference("edges", 33, 30).description == "+3"
    assert NightDifference("edges", 30, 33).description == "-3"
    assert NightDifference("steps", 15_000, 10_000).description == "+50%"
    assert NightDifference("steps", 15_000, 0).description == "+15,000"
    assert NightDifference("steps", 5, 5).description == "the same"
    assert NightDifference("edges", 30, 33).judged == "worse"
    assert NightDifference("open", 30, 33, more_is_better=False).judged == "better"
    assert NightDifference("runs", 30, 33, None).judged == ""
