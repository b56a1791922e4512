"""Contents of a diagram: each transition once, its tables, and how often it was taken."""

import pytest

from workerfuzz.harness.report.diagram.machine import (
    MEANINGS,
    TABLES,
    DaskTables,
    InTable,
    StateDiagram,
    dask_tables,
    machine,
)

#: Made up: Dask has most of what the reference has, one thing that it has not, and a state of its own.
LESS = ("waiting", "rescheduled")
MORE = ("cancelled", "memory")
STRANGE = ("memory", "spilled")
DASK = DaskTables(
    "1.2.3", {"worker": [*({*TABLES["worker"]} - {LESS}), MORE, STRANGE], "scheduler": []}
)


def by_edge(made: StateDiagram) -> dict[tuple[str, str], InTable]:
    return {(arc.start, arc.finish): arc.in_table for arc in made.transitions}


@pytest.mark.parametrize("participant", ["worker", "scheduler"])
def test_the_map_is_the_table(participant: str) -> None:
    made = machine(participant)
    assert by_edge(made) == dict.fromkeys(TABLES[participant], InTable.BOTH)
    assert made.states == MEANINGS[participant]
    assert {arc.count for arc in made.transitions} == {None}
    assert (
        made.description
        == f"{len(made.states)} states, {len(made.transitions)} transitions of the reference"
    )


def test_every_transition_says_in_whose_table_it_is() -> None:
    made = machine(
        "worker", DASK, {"worker memory -> flight": 3, "scheduler released -> memory": 1}
    )
    found = by_edge(made)
    assert found.pop(LESS) is InTable.REFERENCE
    assert found.pop(MORE) is InTable.DASK
    assert found.pop(STRANGE) is InTable.DASK
    assert found.pop(("memory", "flight")) is InTable.NOBODY
    assert {*found.values()} == {InTable.BOTH}
    assert ("released", "memory") in found
    assert [(arc.start, arc.finish) for arc in made.transitions_in(InTable.REFERENCE)] == [LESS]


def test_a_state_that_only_others_have_comes_last() -> None:
    made = machine("worker", DASK)
    assert list(made.states)[-1] == "spilled"
    assert made.states["spilled"] == "the reference has no such state"


def test_transitions_say_all_there_is_to_say() -> None:
    counts = {"worker waiting -> ready": 1, "worker waiting -> rescheduled": 0} | {
        "worker cancelled -> memory": 1200, "worker memory -> flight": 2,
    }  # fmt: skip
    made = machine("worker", DASK, counts, "7 runs of dask")
    arcs = {(arc.start, arc.finish): arc for arc in made.transitions}
    assert arcs["waiting", "ready"].description == (
        "waiting to ready: 1 time (all dependencies are here)"
    )
    assert arcs[LESS].description == (
        "waiting to rescheduled: never taken; in the reference's table alone (StealRequest)"
    )
    assert arcs[MORE].description == "cancelled to memory: 1200 times; in Dask's table alone"
    assert arcs["memory", "flight"].description == "memory to flight: 2 times; in no table"
    assert arcs["ready", "executing"].description == "ready to executing (a thread is free)"
    numbers = [arcs[pair].number for pair in (LESS, MORE, ("ready", "executing"))]
    assert numbers == ["0", "1.2k", ""]
    assert made.description == (
        f"16 states, {len(made.transitions)} transitions of the reference and of dask 1.2.3; "
        "taken by 7 runs of dask"
    )


def test_a_release_without_such_a_table_is_not_compared() -> None:
    made = machine("scheduler", DASK)
    assert (made.dask, {*by_edge(made).values()}) == ("", {InTable.BOTH})


def test_the_tables_of_dask_are_those_of_the_release_that_is_installed() -> None:
    distributed = pytest.importorskip("distributed", reason="Dask is not installed here")
    tables = dask_tables()
    assert tables.version == distributed.__version__
    assert ("waiting", "ready") in tables.edges["worker"]
    assert ("waiting", "processing") in tables.edges["scheduler"]
