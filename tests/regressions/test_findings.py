"""The pages of findings: each known case belongs to one defect, and all that they name is there."""

import re
from collections import Counter
from importlib.metadata import version
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

from workerfuzz.harness.cases.export.client_program import derive
from workerfuzz.harness.cases.export.cluster_test import cluster_test
from workerfuzz.harness.cases.export.expected import shown
from workerfuzz.harness.subjects import get

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "findings"


@pytest.fixture(scope="module")
def defects() -> ModuleType:
    """docs/defects.py, which reads the data file."""
    spec = spec_from_file_location("defects", ROOT / "docs" / "defects.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def _installed(defects: ModuleType) -> None:
    pytest.importorskip("distributed")
    if version("distributed") != defects.RELEASE:
        pytest.skip(f"the lines are those of distributed {defects.RELEASE}")


def test_every_known_case_belongs_to_one_defect(defects: ModuleType) -> None:
    numbers = [path.name[:4] for path in (ROOT / "regressions" / "known").glob("*.case")]
    named = Counter(number for defect in defects.read()[1] for number in defect.cases)
    assert named == dict.fromkeys(numbers, 1)


def test_a_defect_has_one_cause(defects: ModuleType) -> None:
    """Its cases have a trial fix in common, or none of them has one."""
    for defect in defects.read()[1]:
        assert defect.fix() or not any(case.fixes for case in defect.read_cases()), defect.slug


def test_words_are_those_that_the_page_explains(defects: ModuleType) -> None:
    for defect in defects.read()[1]:
        assert defect.severity in defects.SEVERITIES
        assert defect.reached in defects.REACHES
        assert defect.upstream or defect.searched, f"{defect.slug}: searched for?"


def test_only_harmless_defects_are_not_shown(defects: ModuleType) -> None:
    for defect in defects.read()[1]:
        assert (defect.shown == "-") == (defect.severity == "nothing")
        assert bool(defect.live) == bool(defect.printed) == (defect.shown not in {"-", "not tried"})


def test_scripts_are_those_that_the_data_names(defects: ModuleType) -> None:
    named = {defect.live for defect in defects.read()[1] if defect.live}
    scripts = {path.name for path in (FOLDER / "live").glob("*.py")}
    assert scripts - named == {"slow_link.py"}
    assert named <= scripts


@pytest.mark.usefixtures("_installed")
def test_every_line_stands_in_its_function_once(defects: ModuleType) -> None:
    for defect in defects.read()[1]:
        for place in defect.places:
            file, number, line = place.located()
            assert file.endswith(".py")
            assert number > 1
            assert place.line in line


@pytest.mark.usefixtures("_installed")
def test_pages_are_up_to_date(defects: ModuleType) -> None:
    made = defects.pages()
    for name, text in made.items():
        stored = (ROOT / "docs" / name).read_text(encoding="utf-8")
        assert stored == text, f"{name}: run `python docs/pages.py`"
    there = {f"findings/{path.name}" for path in FOLDER.glob("*.md")}
    assert there == set(made), "delete the page of a defect that is not in defects.toml"


@pytest.mark.usefixtures("_installed")
def test_exported_tests_are_those_that_are_derived_today_one_of_a_defect(
    defects: ModuleType,
) -> None:
    """But for their docstrings, which say how often they failed."""
    paths = {path.stem.removeprefix("test_"): path for path in defects.TESTS.glob("*.py")}
    owners = Counter(
        defect.slug for defect in defects.read()[1] for number in defect.cases if number in paths
    )
    assert sum(owners.values()) == len(paths)
    assert set(owners.values()) == {1}
    for number, path in paths.items():
        found = shown(defects.known()[number], get("dask"))
        derived = cluster_test(found, derive(found))
        assert path.read_text(encoding="utf-8").rpartition('"""')[2] == derived.rpartition('"""')[2]


def test_readme_counts_the_defects(defects: ModuleType) -> None:
    readme = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
    counted = re.search(
        r"\[(\d+) defects .* In (\d+) of them a client waits for ever; in (\d+) a result is lost or "
        r"wrong\. (\d+) have been shown live",
        readme,
    )
    assert counted is not None
    found = defects.read()[1]
    severities = Counter(defect.severity for defect in found)
    assert [int(group) for group in counted.groups()] == [
        len(found),
        severities["a client waits for ever"],
        severities["a result is lost or wrong"],
        sum(defect.shown.startswith("shown") for defect in found),
    ]
