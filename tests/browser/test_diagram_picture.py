"""The machine as a map, in a real browser: nothing sticks out, and no state or number hides another."""

from pathlib import Path

import pytest
from examples.looks import SCHEMES, Opened

from workerfuzz.harness.report.diagram.machine import TABLES, DaskTables, machine
from workerfuzz.harness.report.diagram.svg import picture

MORE = DaskTables("1", {"worker": [("cancelled", "memory"), ("missing", "error")], "scheduler": []})


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("participant", [*TABLES])
def test_the_map_can_be_read(tmp_path: Path, look: Opened, participant: str, scheme: str) -> None:
    counts = {
        f"{participant} {a} -> {b}": 10**item % 99_991
        for item, (a, b) in enumerate(TABLES[participant])
    }
    path = tmp_path / "map.svg"
    path.write_text(picture(machine(participant, MORE, counts, "7 runs of reference 0.1")))
    opened = look(path, 1600, scheme)
    assert opened.errors == []
    assert opened.sticks_out() == []
    assert opened.overlaps() == []
