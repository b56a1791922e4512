"""The cases of a folder as a suite of tests."""

from collections.abc import Iterator
from pathlib import Path

from workerfuzz.harness.cases.export.export import ExportedTest, export, export_script
from workerfuzz.harness.cases.format.case import CaseError
from workerfuzz.harness.cases.format.casefile import load
from workerfuzz.harness.subjects import AnySubject


def export_suite(
    folder: Path, subject: AnySubject, *, as_script: bool
) -> Iterator[tuple[Path, ExportedTest]]:
    """Yield each case of a folder with its test, as soon as it is there.

    Where there is none, its text is empty, and its form says why.
    """
    for path in sorted(folder.rglob("*.case")):
        try:
            case = load(path)
            if as_script:
                yield path, ExportedTest("script", export_script(case, subject))
            else:
                yield path, export(case, subject)
        except CaseError as error:
            why = str(error).removeprefix(f"{path}: ")
            yield path, ExportedTest(f"no test: {why}", "")


def test_name(case: Path) -> str:
    """Return the name of the file for the test of a case."""
    return f"test_{case.stem.replace('-', '_')}.py"
