"""A night as Markdown: whatever a case says, it means nothing but itself."""

from examples.accounts import account, met, night, tally
from markdown_it import MarkdownIt

from workerfuzz.harness.report.night_report.markdown import code, fenced, markdown, plain
from workerfuzz.harness.report.night_report.night_report import NightReport

CASE = "workerfuzz-case 1\ntitle: <script>alert(1)</script>\n\n> rest\n"


def rendered(night_report: NightReport) -> str:
    return MarkdownIt("gfm-like", {"linkify": False}).render(markdown(night_report))


def test_a_green_night() -> None:
    text = markdown(NightReport(night(account())))
    assert text.startswith("## ✅ workerfuzz: green: 0 new findings, 0 known\n")
    assert "2026\\-11\\-25T02:00 UTC, 1:01:40 long, seed 7; dask 2026.8.0, workerfuzz 0.1.0" in text
    row = (
        "| clusters of dask 2026.8.0 | 20 | 1,000 | 100 | worker 3 of 4, scheduler 0 of 2 | 3 | 0 |"
    )
    assert row in text


def test_a_red_night_tells_why_and_shows_the_case() -> None:
    found = met(severity="STAYS", case=CASE, path="findings/x.case", occurrences=3)
    text = rendered(NightReport(night(account(findings=[found]))))
    assert "❌ workerfuzz: red: 1 new finding, 0 known" in text
    assert "<strong>fuzz: 1 new finding: nothing_is_left</strong>" in text
    assert "<code>nothing_is_left</code> memory stays: a is left, 3 runs</summary>" in text
    assert "<code>workerfuzz replay findings/x.case --subject dask\n</code>" in text
    assert "title: &lt;script&gt;alert(1)&lt;/script&gt;" in text


def test_nothing_that_a_finding_says_becomes_markup() -> None:
    evil = "<script>alert(1)</script> [x](y) **b** `c` | d"
    found = [
        met("evil", sentence=evil, counterexample=evil, severity_detail=evil, case=evil),
        met("known", known=evil),
    ]
    done = account(findings=found, fixed=[evil], version=evil)
    before = night(account(findings=[met("gone", known=evil)]))
    for text in (rendered(NightReport(night(done, versions={evil: evil}), before, [evil])),):
        assert "<script>" not in text
        assert "<a " not in text
        assert "<strong>b" not in text


def test_lists_end() -> None:
    many = [met(f"p{number:03}") for number in range(60)]
    text = markdown(NightReport(night(account(findings=many))))
    assert text.count("<details>") == 50
    assert "And 10 more; the report as HTML has them all." in text
    known = [met(f"p{number:03}", known=f"k{number}") for number in range(60)]
    assert "- and 10 more" in markdown(NightReport(night(account(findings=known))))


def test_a_long_case_is_cut() -> None:
    text = markdown(NightReport(night(account(findings=[met(case="x" * 9000)]))))
    assert "x" * 4000 + "\n...\n" in text
    assert "x" * 4001 not in text


def test_no_line_ends_its_fence() -> None:
    text = "```\n````\n> submit"
    first, *lines, last = fenced(text)
    assert first == last == "`````"
    assert lines == text.splitlines()


def test_words_are_plain() -> None:
    assert plain("a_b *c*\nd") == "a\\_b \\*c\\* d"
    assert code("a`b\nc") == "`a'b c`"


def test_the_night_before_is_a_table() -> None:
    before = night(account(counters={"swarm": tally(edges={"worker memory -> released": 4})}))
    text = markdown(NightReport(night(account()), before))
    assert "| transitions of the worker | 0 | 3 | +3, better |" in text
    assert "Reached then, and not now: worker memory \\-\\> released" in text
    assert "Reached now, and not then: worker executing" in text
