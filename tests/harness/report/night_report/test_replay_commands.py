"""Commands that reports print: typed as they stand, they replay the case on its own subject."""

import html
import re
import shlex
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

import pytest
from examples.accounts import account, met, night

from workerfuzz.harness.cases.format.casefile import case_command, replay_command
from workerfuzz.harness.report.night_report.finding_detail import FindingDetail
from workerfuzz.harness.report.night_report.junit import junit
from workerfuzz.harness.report.night_report.markdown import markdown
from workerfuzz.harness.report.night_report.night_report import NightReport
from workerfuzz.harness.report.night_report.page import page
from workerfuzz.harness.report.night_summary import new_lines

KNOWN = Path(__file__).parents[4] / "regressions" / "known"
CASE = KNOWN / "0028-a-lost-result-whose-input-has-failed.case"

#: A name that means something to a shell, to Markdown and to HTML.
NAME = "it's  `a` <new> & _odd_ $HOME one.case"


def of_page(night_report: NightReport) -> str:
    text = page(night_report, [FindingDetail(finding) for finding in night_report.findings])
    (found,) = re.findall(r"<dt>replay it</dt><dd><code>(.*?)</code>", text)
    return html.unescape(found)


def of_markdown(night_report: NightReport) -> str:
    lines = markdown(night_report).splitlines()
    return lines[lines.index("Replay it:") + 3]


def of_junit(night_report: NightReport) -> str:
    failure = ET.fromstring(junit(night_report).partition("\n")[2]).find(
        ".//failure[@type='broken']"
    )
    assert failure is not None
    return (failure.text or "").rpartition("replay it: ")[2]


def of_terminal(night_report: NightReport) -> str:
    *_, line = new_lines(night_report.new[0], night_report.folder, night_report.night.python)
    return line.removeprefix("replay it: ")


def replayed(command: str) -> str:
    """Type a command into a shell; return what it printed last."""
    done = subprocess.run(
        ["/bin/sh", "-c", command], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip().rpartition("\n")[2]


@pytest.fixture
def night_report(tmp_path: Path) -> NightReport:
    """A night in another environment whose new finding is a bug of Dask, in an oddly named file."""
    (tmp_path / "findings").mkdir()
    shutil.copy(CASE, tmp_path / "findings" / NAME)
    found = met("broken", subject="dask", path=f"findings/{NAME}", case=CASE.read_text("utf-8"))
    return NightReport(night(account(findings=[found]), python=sys.executable), folder=tmp_path)


@pytest.mark.parametrize("taken_from", [of_page, of_markdown, of_junit, of_terminal])
def test_reports_print_the_command_of_the_finding(
    night_report: NightReport, taken_from: Callable[[NightReport], str]
) -> None:
    path = night_report.folder / "findings" / NAME
    assert taken_from(night_report) == replay_command(path, "dask", python=sys.executable)


def test_the_command_replays_the_case_on_its_subject(night_report: NightReport) -> None:
    pytest.importorskip("distributed")
    assert replayed(of_page(night_report)) == "1 known to break"


def test_a_command_is_one_that_a_shell_splits_into_its_parts() -> None:
    command = case_command("show", "-a b.case", "x:Y", "--html", "a b", python="/my python")
    assert shlex.split(command) == [
        "/my python", "-m", "workerfuzz.harness.cli", "show", "./-a b.case", "--subject", "x:Y",
        "--html", "a b",
    ]  # fmt: skip
    assert replay_command("a.case", "reference") == "workerfuzz replay a.case"
