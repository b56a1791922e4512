"""The page of a case in a real browser: it opens, keys and clicks do what they say, all can be read."""

from dataclasses import replace
from pathlib import Path

import pytest
from examples.lane_cases import CLUSTER, played
from examples.looks import HOSTILE, SCHEMES, WIDTHS, Opened

from workerfuzz.harness.cases.swimlanes.chart import Chart, ChartFailure, story
from workerfuzz.harness.report.swimlanes.page import page
from workerfuzz.harness.report.swimlanes.svg import picture


@pytest.fixture(scope="session")
def pages(
    tmp_path_factory: pytest.TempPathFactory, cluster: Chart, alone: Chart, hostile: Chart
) -> dict[str, Path]:
    """Files, by name."""
    folder = tmp_path_factory.mktemp("pages")
    charts = {"cluster": cluster, "alone": alone, "hostile": hostile}
    found = {}
    for name, chart in charts.items():
        found[name] = folder / f"{name}.html"
        found[name].write_text(page(chart, "> a step\n", "again"), encoding="utf-8")
    found["svg"] = folder / "cluster.svg"
    found["svg"].write_text(picture(cluster), encoding="utf-8")
    return found


@pytest.mark.parametrize("name", ["cluster", "alone", "hostile", "svg"])
@pytest.mark.parametrize("width", WIDTHS)
def test_it_opens_without_complaint_and_asks_nobody_for_anything(
    pages: dict[str, Path], look: Opened, name: str, width: int
) -> None:
    assert look(pages[name], width).errors == []


@pytest.mark.parametrize("name", ["cluster", "alone"])
@pytest.mark.parametrize("width", [*WIDTHS, 800])
def test_it_can_be_read_at_any_width(
    pages: dict[str, Path], look: Opened, name: str, width: int
) -> None:
    opened = look(pages[name], width)
    assert opened.sticks_out() == []
    assert opened.overlaps() == []
    assert opened.page.locator(".drawing svg:visible").count() == 2


def test_the_picture_alone_can_be_read(pages: dict[str, Path], look: Opened) -> None:
    opened = look(pages["svg"])
    assert opened.sticks_out() == []
    assert opened.overlaps() == []


@pytest.mark.parametrize("name", ["cluster", "alone", "hostile"])
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("scheme", SCHEMES)
def test_nothing_keeps_anybody_from_using_it(
    pages: dict[str, Path], look: Opened, name: str, width: int, scheme: str
) -> None:
    assert look(pages[name], width, scheme).violations() == []


def test_light_and_dark_differ(pages: dict[str, Path], look: Opened) -> None:
    ground = "getComputedStyle(document.body).backgroundColor"
    assert look(pages["cluster"], scheme="light").page.evaluate(ground) == "rgb(255, 255, 255)"
    assert look(pages["cluster"], scheme="dark").page.evaluate(ground) == "rgb(15, 20, 25)"


def test_it_begins_where_the_property_breaks(pages: dict[str, Path], look: Opened) -> None:
    assert look(pages["cluster"]).text("#where") == "step 13 of 13: notice w1"
    assert look(pages["alone"]).text("#where") == "step 1 of 2: compute-task y needs x@b"


def test_a_link_leads_to_a_step(pages: dict[str, Path], look: Opened) -> None:
    opened = look(pages["cluster"], at="#3")
    assert opened.text("#where") == "step 3 of 13: deliver scheduler->w0"


@pytest.mark.parametrize(
    ("keys", "step"),
    [
        (["Home"], 1),
        (["Home", "ArrowRight", "ArrowRight"], 3),
        (["Home", "j", "j", "k"], 2),
        (["Home", "ArrowLeft"], 1),
        (["Home", "End", "ArrowRight"], 13),
        (["End", "ArrowLeft"], 12),
    ],
)
def test_the_keyboard_steps_forward_and_back(
    pages: dict[str, Path], look: Opened, keys: list[str], step: int
) -> None:
    opened = look(pages["cluster"])
    for key in keys:
        opened.page.keyboard.press(key)
    assert opened.text("#where").startswith(f"step {step} of 13: ")
    assert opened.page.evaluate("location.hash") == f"#{step}"
    lit = opened.page.locator(".wide .band.now").evaluate_all(
        "all => all.map((it) => it.parentNode.dataset.row)"
    )
    assert lit == [str(step)]


def test_buttons_step_as_well_and_end_at_the_ends(pages: dict[str, Path], look: Opened) -> None:
    opened = look(pages["cluster"])
    page = opened.page
    page.get_by_label("First step").click()
    assert opened.text("#where").startswith("step 1 ")
    assert page.get_by_label("Step back").is_disabled()
    page.get_by_label("Step forward").click()
    assert opened.text("#where").startswith("step 2 ")
    page.get_by_label("Last step").click()
    assert opened.text("#where").startswith("step 13 ")
    assert page.get_by_label("Step forward").is_disabled()


def test_states_are_shown_as_they_are_after_each_step(
    pages: dict[str, Path], look: Opened, cluster: Chart
) -> None:
    opened = look(pages["cluster"], at="#1")
    read = """() => {
      const lanes = [...document.querySelectorAll('#states thead th')].map((it) => it.textContent);
      return [...document.querySelectorAll('#states tbody tr')].flatMap((row) =>
        [...row.querySelectorAll('td')].map((it, place) =>
          [lanes[place], row.querySelector('th').textContent, it.textContent]));
    }"""
    labels = {lane.label: lane.name for lane in cluster.lanes}
    for row in range(1, 14):
        shown = {
            (labels[item[0]], item[1]): item[2] for item in opened.page.evaluate(read) if item[2]
        }
        assert shown == cluster.states(row)
        opened.page.keyboard.press("ArrowRight")


def test_a_message_says_what_is_in_it_where_the_pointer_rests(
    pages: dict[str, Path], look: Opened
) -> None:
    opened = look(pages["cluster"])
    assert opened.page.locator("#message").is_hidden()
    opened.page.locator(".wide [data-arrow='1'] path").first.hover(force=True)
    text = "scheduler to w0 (message): compute-task a; sent in 2, there in 3"
    assert opened.text("#said") == text


def test_a_message_has_focus_and_leads_to_where_it_arrives(
    pages: dict[str, Path], look: Opened
) -> None:
    opened = look(pages["cluster"])
    message = opened.page.locator(".wide [data-arrow='0']")
    message.focus()
    assert opened.text("#said").startswith("c0 to scheduler (message): submit a b c(a,b) want c;")
    opened.page.keyboard.press("Enter")
    assert opened.text("#where").startswith("step 2 ")
    opened.page.keyboard.press("Tab")
    assert opened.text("#said").startswith("scheduler to w0 (message): compute-task a;")


def test_what_has_focus_can_be_seen(pages: dict[str, Path], look: Opened) -> None:
    opened = look(pages["cluster"], at="#3")
    outlines = []
    for _ in range(8):
        opened.page.keyboard.press("Tab")
        outlines.append(
            opened.page.evaluate(
                """() => {
                  const it = document.activeElement, path = it.querySelector('path');
                  return path && it.dataset.arrow ? getComputedStyle(path).strokeWidth
                    : getComputedStyle(it).outlineStyle;
                }"""
            )
        )
    assert set(outlines) <= {"solid", "4px"}


def test_a_key_is_followed_through_all_lanes(
    pages: dict[str, Path], look: Opened, cluster: Chart
) -> None:
    opened = look(pages["cluster"])
    opened.page.locator(".wide .k[data-key='b']").first.click()
    lit = opened.page.locator(".wide .on").evaluate_all("all => all.map((it) => it.dataset.arrow)")
    about = [str(n) for n, arrow in enumerate(cluster.arrows) if "b" in arrow.keys]
    assert [item for item in lit if item is not None] == [
        name for name in about if opened.page.locator(f".wide [data-arrow='{name}']").count()
    ]
    pressed = opened.page.locator("button.key[aria-pressed=true]").all_inner_texts()
    assert pressed == ["b"]
    assert opened.text("#whose") == "b"
    told = opened.page.locator("#told li").all_inner_texts()
    expected = [event.row.number for event in story(cluster, "b") if not event.row.at_rest]
    assert [int(line.split()[0]) for line in told] == expected
    opened.page.keyboard.press("Escape")
    assert opened.page.locator("#story").is_hidden()
    assert opened.page.locator(".wide .on").count() == 0


def test_a_key_can_be_followed_without_a_mouse(pages: dict[str, Path], look: Opened) -> None:
    opened = look(pages["cluster"])
    opened.page.locator("button.key[data-key='a']").focus()
    opened.page.keyboard.press("Enter")
    assert opened.text("#whose") == "a"
    opened.page.keyboard.press("Enter")
    assert opened.page.locator("#story").is_hidden()


def test_a_step_can_be_clicked(pages: dict[str, Path], look: Opened) -> None:
    opened = look(pages["cluster"])
    opened.page.locator(".wide g.row[data-row='5'] circle").click(force=True)
    assert opened.text("#where").startswith("step 5 ")


def test_it_tells_what_a_step_changed_in_the_tables(pages: dict[str, Path], look: Opened) -> None:
    opened = look(pages["cluster"], at="#10")
    opened.page.locator("#more summary").click()
    assert "+ w0 from w1: asked for b; b under way" in opened.text("#tables")


def test_markup_in_titles_keys_and_messages_is_text(pages: dict[str, Path], look: Opened) -> None:
    opened = look(pages["hostile"])
    page = opened.page
    assert page.evaluate("typeof hacked") == "undefined"
    assert page.title() == HOSTILE
    assert opened.text("h1") == HOSTILE
    assert page.locator("button.key").all_inner_texts() == [HOSTILE]
    assert opened.text(".wide text.rem") == HOSTILE
    page.locator("button.key").click()
    assert opened.text("#whose") == HOSTILE
    assert HOSTILE in opened.text("#told")
    page.locator(".wide [data-arrow]").first.focus()
    assert HOSTILE in opened.text("#said")
    assert opened.errors == []


@pytest.fixture(scope="session")
def five_lanes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page of five lanes that breaks in its last step, below what a window shows."""
    path = tmp_path_factory.mktemp("five") / "case.html"
    steps = "".join(f"> succeed w0 k{n}\n" for n in range(24))
    keys = [f"k{n}" for n in range(24)]
    text = CLUSTER.replace("workers=2", "workers=3 nthreads=24").partition("> submit")[0]
    text += f"> submit c0 {' '.join(f'{key}[on=w0]' for key in keys)} want {','.join(keys)}\n"
    text += f"> deliver c0->scheduler\n> deliver scheduler->w0\n{steps}"
    chart = played(text, tables=True)
    breach = ChartFailure(
        chart.steps, "no_handler_raises", "No event makes the worker raise.", "b raises", ("k0",)
    )
    chart = replace(chart, breach=breach)
    assert len(chart.lanes) == 5
    path.write_text(page(chart), encoding="utf-8")
    return path


@pytest.mark.parametrize("width", [400, 1280, 1600])
def test_it_opens_scrolled_to_the_row_that_breaks(
    five_lanes: Path, look: Opened, width: int
) -> None:
    opened = look(five_lanes, width)
    band = opened.page.locator(".band.now.broken:visible").bounding_box()
    heads = opened.page.locator(".heads:visible").bounding_box()
    assert band["y"] >= heads["y"] + heads["height"]
    assert band["y"] + band["height"] <= 900
    assert opened.page.evaluate("scrollY") > 0
    assert opened.text("#broken") == "✗ no_handler_raisesNo event makes the worker raise.b raises"


@pytest.mark.parametrize("width", [400, 1280])
def test_names_of_lanes_stay_above_their_lanes(five_lanes: Path, look: Opened, width: int) -> None:
    opened = look(five_lanes, width, at="#1")
    nav = opened.page.locator("nav").bounding_box()
    for key in ("Home", "End"):
        opened.page.keyboard.press(key)
        opened.page.evaluate("scrollTo(0, document.body.scrollHeight / 2)")
        heads = opened.page.locator(".heads:visible").bounding_box()
        assert abs(heads["y"] - nav["height"]) <= 1
        covered = opened.page.locator(".heads:visible text").evaluate_all(
            """all => all.filter((it) => {
              const box = it.getBoundingClientRect();
              const seen = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
              return !it.closest('.heads').contains(seen);
            }).map((it) => it.textContent)"""
        )
        assert covered == []


@pytest.mark.parametrize("width", [1280, 1600])
def test_the_details_of_a_step_are_beside_the_picture(
    five_lanes: Path, look: Opened, width: int
) -> None:
    opened = look(five_lanes, width)
    drawing = opened.page.locator(".drawing").bounding_box()
    aside = opened.page.locator("aside").bounding_box()
    assert aside["x"] >= drawing["x"] + drawing["width"]
    assert aside["width"] >= 340
    assert 0 <= aside["y"] < 200
    assert opened.sticks_out() == []


@pytest.mark.parametrize("width", [400, 1280])
def test_nothing_is_drawn_across_remarks(
    pages: dict[str, Path], five_lanes: Path, look: Opened, width: int
) -> None:
    for path in (five_lanes, pages["hostile"]):
        opened = look(path, width)
        crossed = opened.page.locator(
            ".drawing text.rem:visible, .drawing text.sec:visible"
        ).evaluate_all(
            """all => all.flatMap((it) => {
              it.scrollIntoView({ block: 'center' });
              const box = it.getBoundingClientRect();
              const across = [...Array(20).keys()].map((n) => box.x + (n + 0.5) * box.width / 20);
              return across.map((x) => document.elementFromPoint(x, box.y + box.height / 2))
                .filter((seen) => !seen.matches('text.rem, text.sec, .note'))
                .map((seen) => seen.outerHTML);
            })"""
        )
        assert crossed == []
        boxes = opened.page.locator(".drawing .note:visible")
        fills = boxes.evaluate_all("all => all.map((it) => getComputedStyle(it).fill)")
        assert fills
        assert set(fills) == {"rgb(255, 255, 255)"}
