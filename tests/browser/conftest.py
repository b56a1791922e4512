"""One browser for all tests of pages, and ways to look at a page.

Without a browser these tests are skipped, and say what is missing; with WORKERFUZZ_BROWSER=required they
fail instead.
"""

import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from examples.lane_cases import ALONE, CLUSTER, played
from examples.looks import HOSTILE, Look, Opened

from workerfuzz.harness.cases.swimlanes.chart import Chart, ChartFailure

#: Names under which it is installed.
PROGRAMS = ("chromium", "chromium-browser", "google-chrome")

#: What keeps it from asking anybody for anything.
QUIET = (
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run",
    "--disable-component-update", "--disable-sync", "--disable-default-apps",
)  # fmt: skip


def chromium() -> str:
    """Return the path of Chromium. Fails or skips if it is not installed."""
    missing = []
    try:
        import axe_playwright_python  # noqa: F401 - only whether it is there
        import playwright.sync_api  # noqa: F401 - only whether it is there
    except ImportError:
        missing.append("pip install playwright axe-playwright-python")
    path = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if path is None:
        missing.append("apt-get install chromium")
    if not missing and path is not None:
        return path
    reason = f"no browser to look at pages with: {'; '.join(missing)}"
    if os.environ.get("WORKERFUZZ_BROWSER") == "required":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Chromium, without a window."""
    path = chromium()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=[*QUIET])
        yield started
        started.close()


@pytest.fixture
def look(browser: Any) -> Iterator[Opened]:
    """Opens a file as wide as asked for, light or dark; closes it in the end."""
    contexts = []

    def look(path: Path, width: int = 1600, scheme: str = "light", at: str = "") -> Look:
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, offline=True
        )
        contexts.append(context)
        page = context.new_page()
        opened = Look(page)
        page.on("pageerror", lambda error: opened.errors.append(str(error)))
        page.on("console", lambda entry: opened.errors.append(f"{entry.type}: {entry.text}"))
        page.on("request", lambda request: asked(opened, request.url))
        page.goto(f"file://{path}{at}")
        return opened

    yield look
    for context in contexts:
        context.close()


def asked(opened: Look, url: str) -> None:
    if not url.startswith(("file:", "data:", "blob:")):
        opened.errors.append(f"asked for {url}")


# Cases to make pages of


@pytest.fixture(scope="session")
def cluster() -> Chart:
    """A cluster in which something breaks at its end."""
    chart = played(CLUSTER, tables=True)
    text = "c0 waits for c: c is waiting on the scheduler, executing on w0"
    breach = ChartFailure(
        13, "wanted_keys_resolve", "Every key that a client wants is told.", text, ("c",)
    )
    return replace(chart, breach=breach)


@pytest.fixture(scope="session")
def alone() -> Chart:
    """One worker, and every property holds."""
    return played(ALONE, tables=True)


@pytest.fixture(scope="session")
def hostile(cluster: Chart) -> Chart:
    """A chart whose title, keys and messages are markup."""
    rows = tuple(
        replace(
            row,
            changes=tuple(
                replace(change, key=HOSTILE) for change in row.changes if change.key == "c"
            ),
            step=f"{row.step} {HOSTILE}",
            keys=(HOSTILE,),
            remarks=(HOSTILE,),
        )
        for row in cluster.rows
    )
    arrows = tuple(
        replace(arrow, says=(f"compute-task {HOSTILE}",), keys=(HOSTILE,))
        for arrow in cluster.arrows
    )
    assert cluster.breach is not None
    breach = replace(cluster.breach, counterexample=f"{HOSTILE} is lost", keys=(HOSTILE,))
    return replace(
        cluster, title=HOSTILE, notes=(HOSTILE,), rows=rows, arrows=arrows, breach=breach
    )
