"""The report of a night with a thousand findings: how large it is, and how soon a browser shows it.

    python benchmarks/morning.py [--findings 1000] [--turns 5] [--out report.html]

Each finding is one of the known bugs of Dask, turn about, with its own case, picture and test; no two
that are packed together are alike. It is opened in Chromium without a window, each time in one that has
seen nothing: the time is that of the clock on the wall, from the beginning of the navigation until the
page has loaded and the picture of the first finding is there; beside it the CPU time of the page's own
thread. Needs ``distributed``, jinja2, playwright and chromium.
"""

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import cycle, islice
from pathlib import Path
from typing import Any, Final

from timing import spread, table

from workerfuzz.harness.campaigns.findings.finding import Finding
from workerfuzz.harness.campaigns.nightly.night import Night, Phase
from workerfuzz.harness.campaigns.plan.budget import Budget
from workerfuzz.harness.campaigns.plan.plan import Plan
from workerfuzz.harness.campaigns.shard.counters import Counters
from workerfuzz.harness.campaigns.shard.result import Point, Reading, ShardResult
from workerfuzz.harness.cases.format import casefile
from workerfuzz.harness.cases.format.case import Case
from workerfuzz.harness.cases.triage.known_bugs import known_cases
from workerfuzz.harness.report.night_report.finding_detail import Dresser, Shown
from workerfuzz.harness.report.night_report.finding_picture import draw
from workerfuzz.harness.report.night_report.night_report import Morning
from workerfuzz.harness.report.night_report.page import page
from workerfuzz.harness.subjects import get_cluster

#: What the page may take: bytes, and seconds until it is open.
MOST_BYTES: Final = 10_000_000
MOST_S: Final = 2.0

#: Names under which the browser is installed.
PROGRAMS: Final = ("chromium", "chromium-browser", "google-chrome")

#: True once the picture of the first finding is there.
DRAWN: Final = "document.querySelector('#finding-0 .picture svg') !== null"


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="The report of a night with many findings.")
    parser.add_argument("--findings", type=int, default=1000)
    parser.add_argument("--turns", type=int, default=5, help="how often it is opened")
    parser.add_argument("--out", type=Path, help="keep the page here")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        path = options.out or Path(folder) / "report.html"
        began = time.process_time()
        morning, shown = findings(options.findings)
        drawn = time.process_time()
        text = page(morning, shown)
        made = time.process_time()
        path.write_text(text, encoding="utf-8")
        walls, threads = opened(path, options.turns)
    rows = [
        ("size, in MB", f"{len(text.encode()) / 1e6:.2f}", f"{MOST_BYTES / 1e6:g}"),
        ("opens, in s", spread(walls), f"{MOST_S:g}"),
        ("  CPU time of the page's thread", spread(threads), ""),
        ("is made, in s of CPU", f"{made - drawn:.1f}", ""),
        ("findings are drawn, in s of CPU each", f"{(drawn - began) / len(shown):.3f}", ""),
    ]
    print(table(("", "takes", "may take"), rows))
    print(f"({options.findings} findings, {options.turns} times opened; medians, and quartiles)")


# The night


def findings(count: int) -> tuple[Morning, list[Shown]]:
    """A night that met so many bugs, and what is shown of each."""
    met = list(islice(bugs(), count))
    morning = Morning(night(met))
    dresser = Dresser(Path(), draw)
    return morning, [dresser.dressed(it) for it in morning.met]


def bugs() -> Iterator[Finding]:
    """Of this release of Dask, one after the other, again and again; each is another bug."""
    version = get_cluster("dask").version()
    broken = [it for it in known_cases() if any(it.known_breaks("dask", version))]
    for number, case in enumerate(cycle(broken)):
        yield bug(number, case, version)


def bug(number: int, case: Case, version: str) -> Finding:
    name = next(case.known_breaks("dask", version)).property
    return Finding(
        (name, "", f"bug {number}"),
        f"What {name} says.",
        f"{case.title}\nfound as number {number}",
        run=number,
        seed=1,
        tactic="swarm",
        subject="dask",
        scope=str(case.scope),
        severity="WAITS",
        told=case.title,
        case=casefile.format(replace(case, title=f"{case.title}, {number}")),
        path=f"findings/{name}-{number:08x}.case",
        before=60,
        after=len(case.steps),
        is_minimal=True,
    )


def night(met: list[Finding]) -> Night:
    """One shard that fuzzed clusters of Dask."""
    maker = get_cluster("dask")
    names = [f"{party} {a} -> {b}" for party, its in maker.edges().items() for a, b in its]
    tally = Counters(
        runs=100_000, steps=7_000_000, seconds=3000.0, found=len(met), watched=1000,
        edges={name: 10**place % 999_983 for place, name in enumerate(names)},
    )  # fmt: skip
    curve = [
        Point(it * 30.0, {"swarm": Reading(it * 833, it * 58_333, it % 60, 15, it)})
        for it in range(1, 121)
    ]
    shard = ShardResult(
        Plan(subject="dask", scope="cluster"),
        maker.version(),
        {"swarm": tally},
        met,
        curve=curve,
        expected=names,
        runs=100_000,
        seconds=3600.0,
    )
    return Night(
        1, "2026-11-25T02:00:00+00:00", Budget(3600), ended="2026-11-25T03:00:00+00:00",
        versions={"dask": maker.version()}, phases=[Phase("fuzz")], shards=[shard],
    )  # fmt: skip


# The browser


def opened(path: Path, turns: int) -> tuple[list[float], list[float]]:
    """Seconds until it is there: by the clock, and of its thread; one turn before warms up."""
    from playwright.sync_api import sync_playwright

    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        raise RuntimeError("there is no browser to open it with: apt-get install chromium")
    costs = []
    with sync_playwright() as playwright:
        for _ in range(turns + 1):
            browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
            costs.append(cost_of(browser, path))
            browser.close()
    walls, threads = zip(*costs[1:], strict=True)
    return [*walls], [*threads]


def cost_of(browser: Any, path: Path) -> tuple[float, float]:
    """Of opening it once. Raises RuntimeError: the page complains."""
    seen = browser.new_page(viewport={"width": 1600, "height": 900})
    errors: list[str] = []
    seen.on("pageerror", lambda error: errors.append(str(error)))
    client = seen.context.new_cdp_session(seen)
    client.send("Performance.enable")
    seen.goto(path.absolute().as_uri(), wait_until="load")
    seen.wait_for_function(DRAWN)
    wall = seen.evaluate("performance.now()") / 1e3
    if errors:
        raise RuntimeError(f"the page complains: {'; '.join(errors)}")
    metrics = {it["name"]: it["value"] for it in client.send("Performance.getMetrics")["metrics"]}
    seen.close()
    return wall, metrics["TaskDuration"]


if __name__ == "__main__":
    if os.environ.get("PYTHONHASHSEED") != "0":  # so that Dask does the same as everywhere
        os.environ["PYTHONHASHSEED"] = "0"
        os.execv(sys.executable, [sys.executable, *sys.argv])  # noqa: S606 - ourselves
    main()
