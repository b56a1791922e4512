"""The page of a night in a real browser: it opens, keys and clicks do what they say, all can be read."""

from pathlib import Path

import pytest
from examples.accounts import account, met, night, tally
from examples.lane_cases import ALONE, CLUSTER
from examples.looks import HOSTILE, SCHEMES, WIDTHS, Look, Opened

from workerfuzz.harness.campaigns.nightly.night import Phase
from workerfuzz.harness.campaigns.plan.plan import Plan
from workerfuzz.harness.engines.findings.finding import Finding
from workerfuzz.harness.report.night_report.finding_detail import DetailLoader, FindingDetail, draw
from workerfuzz.harness.report.night_report.night_report import Fixed, NightReport
from workerfuzz.harness.report.night_report.page import page

#: Titles of the cases that are shown.
TITLED = HOSTILE.replace("hacked", "titled")


def case(text: str) -> str:
    """A case whose title is markup."""
    head, _, rest = text.partition("title: ")
    return f"{head}title: {TITLED} {rest}"


def bug(name: str, **overrides: object) -> Finding:
    return met(
        name, subject="reference", case=case(CLUSTER), severity="WAITS",
        severity_detail=f"{HOSTILE} waits",
        counterexample=f"{HOSTILE}\na is left", path=f"findings/{name}.case",
        length=13, original_length=90, **overrides,
    )  # fmt: skip


@pytest.fixture(scope="session")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A red night with ten new findings, one known and one fixed; titles and names are markup."""
    pytest.importorskip("jinja2")
    folder = tmp_path_factory.mktemp("report")
    seen = met("seen_one", known="seen_one-1.case", subject="reference", scope="worker", case=ALONE)
    found = [bug(f"property_{number}") for number in range(9)]
    found += [bug("alone", worker_case=ALONE), met("known_one", known=f"{HOSTILE} is known"), seen]
    alone = account(
        2, plan=Plan(subject="reference", scope="worker", seed=2), version="0.1",
        counters={"uniform": tally(9), HOSTILE: tally(3)}, cannot={"steal": HOSTILE},
    )  # fmt: skip
    phases = [
        Phase("canary", ["a planted bug was found"], seconds=3.0),
        Phase("replay", red=[f"{HOSTILE} line {number}" for number in range(9)]),
    ]
    hostile = night(account(findings=found, fixed=[f"{HOSTILE} is fixed"]), alone, phases=phases)
    before = night(account(findings=[met("gone", known=HOSTILE)], counters={"swarm": tally(10)}))
    night_report = NightReport(hostile, before, [f"{HOSTILE}: broken"], folder)
    details = DetailLoader(folder, draw, {})
    shown = [details.load(one) for one in night_report.findings]
    shown.append(
        FindingDetail(Fixed(HOSTILE, "clusters of dask 1"), CLUSTER, test="def test(): ...")
    )
    written = folder / "report.html"
    written.write_text(page(night_report, shown), encoding="utf-8")
    return written


def open_all(opened: Look) -> None:
    """Every finding, with all that belongs to it."""
    opened.page.evaluate("document.querySelectorAll('details').forEach((it) => { it.open = true })")
    opened.page.wait_for_function(
        "[...document.querySelectorAll('.picture, pre[data-text]')].every((it) => it.dataset.shown)"
    )
    opened.page.wait_for_function(
        "[...document.querySelectorAll('.picture')].every((it) => it.querySelector('svg'))"
    )


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("scheme", SCHEMES)
def test_it_opens_without_complaint_and_fits(
    path: Path, look: Opened, width: int, scheme: str
) -> None:
    opened = look(path, width, scheme)
    open_all(opened)
    assert opened.errors == []
    assert opened.sticks_out() == []
    assert opened.overlaps() == []


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("scheme", SCHEMES)
def test_nothing_keeps_anybody_from_using_it(
    path: Path, look: Opened, width: int, scheme: str
) -> None:
    opened = look(path, width, scheme)
    assert opened.violations() == []
    open_all(opened)
    assert opened.violations() == []


def test_light_and_dark_differ(path: Path, look: Opened) -> None:
    ground = "getComputedStyle(document.body).backgroundColor"
    light, dark = (look(path, scheme=scheme).page.evaluate(ground) for scheme in SCHEMES)
    assert (light, dark) == ("rgb(244, 245, 247)", "rgb(15, 18, 23)")


def test_markup_shows_as_text(path: Path, look: Opened) -> None:
    opened = look(path)
    open_all(opened)
    assert opened.page.evaluate("typeof hacked + typeof titled") == "undefinedundefined"
    for where in ("h1 ~ .reasons", "#finding-0 .what", "#finding-0 .counterexample", "#steps"):
        assert HOSTILE in opened.text(where)
    assert TITLED in opened.text("#finding-0 pre.scroll")
    assert TITLED in opened.text("#finding-0 .picture svg title")


def test_the_verdict_is_what_one_sees_first(path: Path, look: Opened) -> None:
    opened = look(path, 400)
    assert "red: 10 new findings, 2 known" in " ".join(opened.text("h1").split())
    top = opened.page.locator("h1").bounding_box()
    assert top["y"] < 120


@pytest.mark.parametrize(("width", "words"), [(400, "small"), (1600, "wide")])
def test_the_first_new_finding_is_open_with_its_picture(
    path: Path, look: Opened, width: int, words: str
) -> None:
    opened = look(path, width)
    picture = opened.page.locator("#finding-0 .picture")
    picture.locator("svg").wait_for()
    assert picture.get_attribute("data-shown") == picture.get_attribute(f"data-{words}")
    assert opened.page.locator("details[open].finding").count() == 1


def test_a_picture_fits_when_the_window_changes(path: Path, look: Opened) -> None:
    opened = look(path, 1600)
    opened.page.locator("#finding-0 svg").wait_for()
    opened.page.set_viewport_size({"width": 400, "height": 900})
    opened.page.locator("#finding-0 svg[width='372']").wait_for()
    assert opened.sticks_out() == []


def test_findings_open_and_close_by_keyboard(path: Path, look: Opened) -> None:
    opened = look(path)
    second = opened.page.locator("#finding-1")
    second.locator("summary").focus()
    opened.page.keyboard.press("Enter")
    second.locator("svg").wait_for()
    opened.page.keyboard.press("Space")
    assert second.get_attribute("open") is None


def test_the_first_key_leads_past_the_head(path: Path, look: Opened) -> None:
    opened = look(path)
    opened.page.keyboard.press("Tab")
    assert opened.page.evaluate("document.activeElement.textContent") == "to the findings"
    opened.page.keyboard.press("Enter")
    assert opened.page.evaluate("location.hash") == "#findings"


def test_everything_that_can_be_used_is_reached_by_keyboard_and_shows_it(
    path: Path, look: Opened
) -> None:
    opened = look(path)
    reached = set()
    for _ in range(60):
        opened.page.keyboard.press("Tab")
        name, outline = opened.page.evaluate(
            "(() => { const it = document.activeElement;"
            " return [it.id || it.className || it.tagName + it.textContent.trim().slice(0, 9),"
            "  getComputedStyle(it).outlineStyle]; })()"
        )
        reached.add(name)
        assert name.startswith("BODY") or outline != "none", name
    assert {"skip", "filter", "picture scroll", "copy", "Ashards"} <= reached


def test_a_link_opens_a_finding(path: Path, look: Opened) -> None:
    opened = look(path, at="#finding-7")
    opened.page.locator("#finding-7 .picture svg").wait_for()
    assert opened.page.locator("#finding-7").get_attribute("open") is not None


def test_findings_are_filtered(path: Path, look: Opened) -> None:
    opened = look(path)
    opened.page.locator("#filter").fill("property_7")
    assert opened.page.locator("details.finding:visible").count() == 1
    assert opened.text("#shown") == "1 of 13"
    opened.page.locator("#filter").fill("")
    assert opened.page.locator("details.finding:visible").count() == 13
    assert opened.text("#shown") == ""


def test_a_case_is_there_to_be_copied(path: Path, look: Opened) -> None:
    opened = look(path)
    button = opened.page.locator("#finding-0 button.copy").first
    button.click()
    opened.page.locator("#finding-0 button.copy", has_text="ed").first.wait_for()


def test_what_is_fixed_opens_with_its_test(path: Path, look: Opened) -> None:
    opened = look(path, at="#finding-12")
    opened.page.locator("#finding-12 pre[data-shown]").wait_for()
    assert "def test(): ..." in opened.text("#finding-12 pre[data-text]")
