"""Pictures of this repository: one case of Dask in three ways, the machine as a map, and a report.

``python docs/pictures.py`` draws all of them again; it needs ``distributed``, and for the page a browser
(``pip install playwright``, ``apt-get install chromium``). ``--only swimlanes`` and the like draw one.
"""

import argparse
import io
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.terminal_theme import MONOKAI

from workerfuzz import __version__
from workerfuzz.harness.campaigns.nightly.night import Night, Phase
from workerfuzz.harness.campaigns.plan.budget import Budget
from workerfuzz.harness.campaigns.plan.plan import Plan
from workerfuzz.harness.campaigns.shard.engines import fill
from workerfuzz.harness.campaigns.shard.shard import open_shard
from workerfuzz.harness.cases.format.casefile import load
from workerfuzz.harness.cases.swimlanes.chart import Chart
from workerfuzz.harness.cases.swimlanes.charting import chart_of
from workerfuzz.harness.report.diagram.machine import dask_tables, machine
from workerfuzz.harness.report.diagram.observed import of_shards
from workerfuzz.harness.report.diagram.svg import picture as map_of
from workerfuzz.harness.report.night_report.finding_detail import DetailLoader, draw
from workerfuzz.harness.report.night_report.night_report import NightReport
from workerfuzz.harness.report.night_report.page import page as report_page
from workerfuzz.harness.report.swimlanes.page import page
from workerfuzz.harness.report.swimlanes.svg import picture
from workerfuzz.harness.report.swimlanes.terminal import show
from workerfuzz.harness.subjects import get

HERE: Final = Path(__file__).parent
CASE: Final = "0028-a-lost-result-whose-input-has-failed.case"

#: What the lines of the map are as thick as: runs of whole clusters of Dask.
RUNS: Final = Plan(subject="dask", scope="cluster", engine="walk", seed=1, budget=Budget(runs=300))

#: What the report tells of: as if nobody knew any bug of Dask.
NIGHT: Final = Plan(
    subject="dask", scope="cluster", engine="walk", seed=3, budget=Budget(runs=120), known=False
)

#: Of the window that is shown, in px.
WINDOW: Final = {"width": 1380, "height": 860}

#: Rich's own, without fonts that somebody would have to be asked for.
TERMINAL: Final = re.sub(r"@font-face \{\{.*?\}\}\s*", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--only", choices=PICTURES, help="draw this one alone")
    parser.add_argument(
        "--out", type=Path, default=HERE / "pictures", help="where they are written"
    )
    wanted = parser.parse_args()
    if os.environ.get("PYTHONHASHSEED") != "0":  # so that Dask does the same as everywhere
        os.environ["PYTHONHASHSEED"] = "0"
        os.execv(sys.executable, [sys.executable, *sys.argv])  # noqa: S606 - ourselves
    wanted.out.mkdir(parents=True, exist_ok=True)
    path = HERE.parent / "regressions" / "known" / CASE
    chart = chart_of(load(path), get("dask"), tables=True)
    for name, make in PICTURES.items():
        if wanted.only in (None, name):
            sys.stdout.write(f"wrote {make(chart, wanted.out)}\n")


def swimlanes(chart: Chart, folder: Path) -> Path:
    """As ``workerfuzz show CASE --svg FILE`` draws it."""
    path = folder / "swimlanes.svg"
    path.write_text(picture(chart), encoding="utf-8")
    return path


def terminal(chart: Chart, folder: Path) -> Path:
    """As ``workerfuzz show CASE`` shows it, in a terminal of 80 columns."""
    screen = Console(
        record=True,
        width=80,
        force_terminal=True,
        highlight=False,
        markup=False,
        file=io.StringIO(),
    )
    show(chart, screen)
    path = folder / "terminal.svg"
    shown = f"workerfuzz show {CASE}"
    drawn = screen.export_svg(
        title=shown, theme=MONOKAI, code_format=TERMINAL, unique_id="terminal"
    )
    path.write_text(drawn, encoding="utf-8")
    return path


def browser(chart: Chart, folder: Path) -> Path:
    """As a browser shows ``workerfuzz show CASE --html FILE``, with a key that is followed."""

    def follow(opened: Any) -> None:
        opened.click("button.key[data-key='b']")
        opened.mouse.move(0, 0)
        opened.evaluate("document.activeElement.blur()")

    return taken(page(chart), folder / "page.png", follow, at="#10")


def taken(html: str, path: Path, prepare: Callable[[Any], None], at: str = "") -> Path:
    """A picture of a page, as a browser without a window shows it once it is prepared."""
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as work, sync_playwright() as playwright:
        file = Path(work) / "page.html"
        file.write_text(html, encoding="utf-8")
        program = shutil.which("chromium") or shutil.which("google-chrome")
        started = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        opened = started.new_page(viewport=WINDOW)
        opened.goto(f"{file.as_uri()}{at}")
        prepare(opened)
        opened.screenshot(path=path)
        started.close()
    return path


def diagram(_: Chart, folder: Path) -> Path:
    """As ``workerfuzz diagram --observed DIR --svg FILE`` draws it; of some runs that are made here."""
    path = folder / "diagram.svg"
    seen = of_shards([fill(open_shard(RUNS))], "worker")
    path.write_text(map_of(machine("worker", dask_tables(), seen.counts, seen.told)), "utf-8")
    return path


def report(_: Chart, folder: Path) -> Path:
    """As a browser shows ``workerfuzz report DIR``; of a short night that is made here."""
    shard = fill(open_shard(NIGHT))
    its = Night(
        NIGHT.seed,
        "2026-11-25T02:00:00+00:00",
        ended="2026-11-25T02:00:30+00:00",
        versions={"dask": shard.version, "workerfuzz": __version__},
        phases=[Phase("fuzz", red=[f"{len(shard.new)} new"])],
        shards=[shard],
    )
    night_report = NightReport(its)
    details = DetailLoader(folder, draw)
    html = report_page(night_report, [details.load(it) for it in night_report.findings])
    return taken(
        html, folder / "report.png", lambda opened: opened.wait_for_selector("#finding-0 svg")
    )


#: By name.
PICTURES: Final[Mapping[str, Callable[[Chart, Path], Path]]] = {
    "swimlanes": swimlanes,
    "terminal": terminal,
    "page": browser,
    "diagram": diagram,
    "report": report,
}

if __name__ == "__main__":
    main()
