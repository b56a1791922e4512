"""The page: whole, on its own, and showing text as text wherever it came from."""

import base64
import json
import re
import zlib
from html.parser import HTMLParser

import pytest
from examples.accounts import account, met, night, tally

from workerfuzz.harness.campaigns.nightly.night import Phase
from workerfuzz.harness.campaigns.shard.result import ShardResult
from workerfuzz.harness.report.night_report.finding_detail import FindingDetail, FindingPicture
from workerfuzz.harness.report.night_report.night_report import Fixed, NightReport
from workerfuzz.harness.report.night_report.page import GAP, TOGETHER, Packed, packed, page

EVIL = "<script>alert('x')</script><img src=x onerror=alert(1)>\"'&amp;</pre></style></title>"

#: Elements that have no end.
EMPTY = {"meta", "input", "br", "img", "link"}


class Reader(HTMLParser):
    """Parser that collects the elements and the text of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if not {"script", "style"} & {*self.open}:
            self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())

    def named(self, tag: str, name: str) -> list[str]:
        return [
            value
            for text, attributes in self.elements
            if text == tag and (value := attributes.get(name))
        ]


def made(
    *shards: ShardResult,
    shown: list[FindingDetail] | None = None,
    before: ShardResult | None = None,
) -> Reader:
    night_report = NightReport(night(*shards), night(before) if before is not None else None)
    found = (
        shown
        if shown is not None
        else [FindingDetail(finding) for finding in night_report.findings]
    )
    return Reader(page(night_report, found))


def test_page_of_a_night_without_anything() -> None:
    text = made().text
    assert "green: 0 new findings, 0 known" in text
    assert "Nothing new was found." in text
    assert "There is none to compare with." in text


def test_verdict_comes_first_and_says_why() -> None:
    text = made(account(findings=[met(), met("old", known="an old one")])).text
    assert text.index("red: 1 new finding, 1 known") < text.index("Findings")
    assert "fuzz: 1 new finding: nothing_is_left" in text


def test_every_section_is_there_and_can_be_reached() -> None:
    page = made(account(findings=[met()]))
    ids = {*page.named("section", "id")}
    assert {name.removeprefix("#") for name in page.named("a", "href")} == ids
    assert ids == {
        "findings", "phases", "table", "curves", "properties", "steps", "shards", "before",
    }  # fmt: skip


def test_ids_are_not_used_twice() -> None:
    page = made(account(1, findings=[met(), met("other")]), account(2, version="2025.1.0"))
    ids = [value for _, attributes in page.elements if (value := attributes.get("id"))]
    assert len(ids) == len({*ids}) > 10


def test_page_needs_no_network() -> None:
    page = made(account(findings=[met()]))
    for tag, attributes in page.elements:
        assert tag not in {"link", "img", "iframe", "object", "embed", "base"}
        assert not {"src", "srcset", "action", "data", "onclick", "onload"} & {*attributes}
    styles_and_scripts = re.findall(r"<(?:style|script)[^>]*>(.*?)</", whole(), re.DOTALL)
    assert len(styles_and_scripts) >= 2
    for text in styles_and_scripts:
        assert not re.search(r"https?:|url\(|@import|fetch\(|XMLHttp|eval\(", text)


def whole() -> str:
    return page(
        NightReport(night(account(findings=[met()]))), [FindingDetail(met(), case="> rest\n")]
    )


def test_text_is_text_wherever_it_came_from() -> None:
    bug = met(
        EVIL, sentence=EVIL, counterexample=EVIL, severity_detail=EVIL, path=EVIL, tactic=EVIL,
        subject="dask", length=1, severity="STAYS",
    )  # fmt: skip
    odd = tally(edges={f"worker {EVIL} -> {EVIL}": 1}, taken={EVIL: 1}, checked={EVIL: 1})
    done = account(
        findings=[bug, met("known", known=EVIL), met("seen", known=f"{EVIL}.case")],
        counters={EVIL: odd}, version=EVIL, kinds=[EVIL], cannot={"steal": EVIL}, fixed=[EVIL],
    )  # fmt: skip
    evil = night(done, phases=[Phase(EVIL, [EVIL], [EVIL])], versions={EVIL: EVIL})
    night_report = NightReport(evil, night(account(findings=[met("gone", known=EVIL)])), [EVIL])
    every = (*night_report.findings, *night_report.fixed)
    shown = [FindingDetail(one, EVIL, EVIL, "test", EVIL, FindingPicture(), EVIL) for one in every]
    text = page(night_report, shown)
    read = Reader(text)
    assert "img" not in {tag for tag, _ in read.elements}
    assert text.count("<script") == 2 + sum(
        "block" in (a.get("class") or "") for _, a in read.elements
    )
    assert read.text.count("<script>alert('x')</script>") > 20


def test_pictures_and_tests_wait_until_they_are_wanted() -> None:
    shown = [
        FindingDetail(
            met(f"p{number}"),
            "case",
            test=f"test {number}",
            picture=FindingPicture(f"<svg>wide {number}</svg>", f"<svg>small {number}</svg>", 700),
        )
        for number in range(9)
    ]
    read = made(account(findings=[met(f"p{number}") for number in range(9)]), shown=shown)
    places = [
        int(value)
        for _, a in read.elements
        for name in ("data-wide", "data-small", "data-text")
        if (value := a.get(name))
    ]
    text = page_of(shown)
    (common,) = scripts(text, "shared")
    texts = unpacked(Packed(common, tuple(scripts(text, "block"))))
    assert [texts[place] for place in places] == [
        text
        for detail in shown
        for text in (detail.picture.wide, detail.picture.small, detail.test)
    ]
    assert f'<script data-together="{TOGETHER}">' in page_of(shown)
    assert "svg" not in {tag for tag, a in read.elements if "chart" not in (a.get("class") or "")}


def test_what_is_fixed_is_shown_like_what_was_met() -> None:
    fixed = [FindingDetail(Fixed("an old one", "clusters of dask 1"), "its case", test="its test")]
    read = Reader(page(NightReport(night()), fixed))
    assert "Fixed 1" in read.text
    assert "an old one not there any more in clusters of dask 1" in read.text
    assert "its case" in read.text
    assert read.named("pre", "data-text") == ["2"]


def test_what_takes_many_lines_is_told_in_one_and_the_rest_can_be_opened() -> None:
    red = [f"line {number}" for number in range(9)]
    read = Reader(page(NightReport(night(phases=[Phase("replay", red=red)])), []))
    assert "replay: line 0, and 8 more lines" in read.text
    assert "line 3 5 more line 4" in read.text


def scripts(text: str, kind: str) -> list[str]:
    return re.findall(rf'<script type="text/plain" class="{kind}">([^<]+)</script>', text)


def unpacked(packed: Packed) -> list[str]:
    """Unpack texts as the script of the page does."""
    shared, *blocks = (
        json.loads(zlib.decompress(base64.b64decode(block)))
        for block in (packed.shared, *packed.blocks)
    )
    return [
        GAP.join(shared[part] if isinstance(part, int) else part for part in parts)
        for block in blocks
        for parts in block
    ]


def page_of(shown: list[FindingDetail]) -> str:
    return page(NightReport(night()), shown)


@pytest.mark.parametrize("count", [0, 1, TOGETHER, TOGETHER + 1])
def test_what_is_packed_can_be_unpacked(count: int) -> None:
    texts = [f"{EVIL} é {number}{GAP * number}{EVIL}" for number in range(count)]
    assert unpacked(packed(texts)) == texts


def test_what_several_texts_have_is_packed_once() -> None:
    long = "".join(map(chr, range(48, 1000)))
    one, many = (packed([f"{number}{GAP}{long}" for number in range(n)]) for n in (2, 60))
    assert one.shared == many.shared
    assert len("".join(many.blocks)) < len(one.shared)


def test_never_reached_edges_are_plain_to_see() -> None:
    read = made(account())
    never = [
        a for tag, a in read.elements if tag == "td" and "never" in (a.get("class") or "").split()
    ]
    assert [a["title"] for a in never][:1] == ["executing to error: never reached (ExecuteFailure)"]
    assert "3 of 6 situations that runs should reach" in read.text


def test_the_night_before_is_beside() -> None:
    read = made(account(), before=account(counters={"swarm": tally(10)}))
    assert "runs 10 20 +10" in read.text
    assert "steps 500 1,000 +100%" in read.text


def test_only_many_findings_are_filtered() -> None:
    few, many = (
        made(account(findings=[met(f"p{number}") for number in range(count)])) for count in (8, 9)
    )
    assert "filter" not in few.named("input", "id")
    assert "filter" in many.named("input", "id")


def test_pages_are_the_same_each_time() -> None:
    assert whole() == whole()
