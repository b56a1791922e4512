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
from typing import Final

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.terminal_theme import MONOKAI

from workerfuzz import __version__
from workerfuzz.harness.campaigns.nightly.night import Night, Phase
from workerfuzz.harness.campaigns.plan.budget import Budget
from workerfuzz.harness.campaigns.plan.plan import Plan
from workerfuzz.harness.campaigns.shard.shard import fill, open_shard
from workerfuzz.harness.cases.format.casefile import load
from workerfuzz.harness.cases.swimlanes.chart import Chart
from workerfuzz.harness.cases.swimlanes.charting import chart_of
from workerfuzz.harness.report.diagram.machine import dask_tables, machine
from workerfuzz.harness.report.diagram.observed_transitions import of_shards
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
    subject="dask", scope="cluster", engine="walk", seed=3, budget=Budget(runs=20), known=False
)

#: Sizes in px of the windows in which pages are shown.
WINDOWS: Final = ((1280, 800), (400, 800))

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
    case = HERE.parent / "regressions" / "known" / CASE
    chart = chart_of(load(case), get("dask"), tables=True)
    for name, make in PICTURES.items():
        if wanted.only in (None, name):
            for path in make(chart, wanted.out):
                sys.stdout.write(f"wrote {path}\n")


def swimlanes(chart: Chart, folder: Path) -> list[Path]:
    """As ``workerfuzz show CASE --svg FILE`` draws it."""
    path = folder / "swimlanes.svg"
    path.write_text(picture(chart), encoding="utf-8")
    return [path]


def terminal(chart: Chart, folder: Path) -> list[Path]:
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
    return [path]


def step_page(chart: Chart, folder: Path) -> list[Path]:
    """As a browser opens ``workerfuzz show CASE --html FILE``: scrolled to the step that breaks."""
    return screenshots(page(chart), folder, "step-page", ".band.now")


def screenshots(html: str, folder: Path, name: str, ready: str) -> list[Path]:
    """Pictures of a page in a wide and in a narrow window, taken when an element is there."""
    from playwright.sync_api import sync_playwright

    paths = []
    with tempfile.TemporaryDirectory() as work, sync_playwright() as playwright:
        file = Path(work) / "page.html"
        file.write_text(html, encoding="utf-8")
        program = shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        for width, height in WINDOWS:
            opened = browser.new_page(viewport={"width": width, "height": height})
            opened.goto(file.as_uri())
            opened.wait_for_selector(f"{ready} >> visible=true")
            paths.append(folder / f"{name}-{width}.png")
            opened.screenshot(path=paths[-1])
        browser.close()
    return paths


def diagram(_: Chart, folder: Path) -> list[Path]:
    """As ``workerfuzz diagram --observed DIR --svg FILE`` draws it; of some runs that are made here."""
    path = folder / "diagram.svg"
    seen = of_shards([fill(open_shard(RUNS))], "worker")
    path.write_text(
        map_of(machine("worker", dask_tables(), seen.counts, seen.description)), "utf-8"
    )
    return [path]


def report(_: Chart, folder: Path) -> list[Path]:
    """As a browser shows ``workerfuzz report DIR``; of a short night that is made here."""
    shard = fill(open_shard(NIGHT))
    item = Night(
        NIGHT.seed,
        "2026-11-25T02:00:00+00:00",
        ended="2026-11-25T02:00:30+00:00",
        versions={"dask": shard.version, "workerfuzz": __version__},
        phases=[Phase("fuzz", red=[f"{len(shard.new)} new"])],
        shards=[shard],
    )
    night_report = NightReport(item)
    details = DetailLoader(folder, draw)
    html = report_page(night_report, [details.load(finding) for finding in night_report.findings])
    return screenshots(html, folder, "report", "#finding-0 svg")


#: By name.
PICTURES: Final[Mapping[str, Callable[[Chart, Path], list[Path]]]] = {
    "swimlanes": swimlanes,
    "terminal": terminal,
    "step-page": step_page,
    "diagram": diagram,
    "report": report,
}

if __name__ == "__main__":
    main()
