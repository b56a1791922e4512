"""The page of what was found has a row for each known case, and README counts its rows."""

import re
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def rows() -> list[list[str]]:
    """Cells of each row: what a user sees, severity, since, cases, live."""
    table = (
        (ROOT / "docs" / "found.md").read_text(encoding="utf-8").split("|---|---|---|---|---|\n")
    )
    lines = table[1].partition("\n\n")[0].splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_every_known_case_has_one_row(rows: list[list[str]]) -> None:
    numbers = [path.name[:4] for path in (ROOT / "regressions" / "known").glob("*.case")]
    named = Counter(number for row in rows for number in row[3].split())
    assert named == dict.fromkeys(numbers, 1)


def test_readme_counts_the_rows(rows: list[list[str]]) -> None:
    readme = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
    counted = re.search(
        r"\[(\d+) defects .* In (\d+) of them a client waits for ever; in (\d+) a result is lost or "
        r"wrong\. (\d+) have been shown live",
        readme,
    )
    assert counted is not None
    severities = Counter(row[1] for row in rows)
    assert [int(it) for it in counted.groups()] == [
        len(rows),
        severities["a client waits for ever"],
        severities["a result is lost or wrong"],
        sum(row[4].startswith("shown") for row in rows),
    ]
