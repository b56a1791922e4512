"""Defects of distributed: the pages in ``docs/findings/``, from ``defects.toml`` and the known cases.

Line numbers are those of the release that is installed, so the pages are made where that is `RELEASE`.
"""

import inspect
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from workerfuzz.harness.cases.format.case import Case
from workerfuzz.harness.cases.format.casefile import load
from workerfuzz.harness.subjects.dask.fixes.catalogue import FIXES, split
from workerfuzz.harness.subjects.dask.fixes.patch import SourceChange
from workerfuzz.harness.subjects.dask.releases import OLDEST

ROOT: Final = Path(__file__).resolve().parents[1]
FOLDER: Final = ROOT / "docs" / "findings"
KNOWN: Final = ROOT / "regressions" / "known"

#: Tests for upstream, at most one of each defect, by the numbers of their cases.
TESTS: Final = FOLDER / "tests"

#: Ways around known bugs, by the numbers of their cases, as ``workerfuzz diagnose`` tells them.
REMEDIES: Final = ROOT / "harness" / "diagnose" / "remedies.toml"

#: Release of distributed whose defects these are.
RELEASE: Final = "2026.8.0"

SOURCE: Final = f"https://github.com/dask/distributed/blob/{RELEASE}/distributed"

#: Harm to users, most harmful first, with what it means.
SEVERITIES: Final[Mapping[str, str]] = {
    "a session is lost": "the client loses everything that it has submitted",
    "a client waits for ever": "a result that is wanted never comes",
    "a result is lost or wrong": "a future fails, is cancelled, or has a value that it should not have",
    "a worker dies": "a worker closes, or the scheduler removes it",
    "a request dies": "one call raises an exception that says nothing to its caller",
    "memory stays": "something is kept, or counted, for ever",
    "work is wasted": "tasks run more often, or later, than they need to",
    "nothing": "only validation or a log notices",
}

#: Ways to a defect, the widest first, with what they mean.
REACHES: Final[Mapping[str, str]] = {
    "ordinary use": "calls of the client, failing tasks and lost workers bring it about, without timing",
    "a race or a slow link": "messages have to cross, or something has to happen at the wrong moment",
    "an explicit key": "only where a caller names the key, since keys of actors are random otherwise",
    "a key reused for two contents": "which Dask does not support (dask/dask#9888)",
}

#: Steps of a case that are shown on a page; a longer case is only linked.
SHOWN: Final = 24


@dataclass(frozen=True, slots=True)
class Place:
    """A line of distributed that is wrong.

    Attributes:
        function: module and qualified name, such as ``scheduler.Scheduler.stimulus_retry``.
        line: a part of the line that stands in the function once.
        since: oldest release that was looked at from which all have the line; may be left out.
    """

    function: str
    line: str
    since: str = ""

    def located(self) -> tuple[str, int, str]:
        """Return the file within distributed, the number of the line, and all of the line."""
        module, name = split(self.function)
        function = SourceChange(module, name, "", "").found()
        assert function is not None, f"distributed has no {self.function}"
        lines, first = inspect.getsourcelines(function)
        indices = [index for index, text in enumerate(lines) if self.line in text]
        assert len(indices) == 1, f"{self.function} has {len(indices)} lines with {self.line!r}"
        return f"{module}.py", first + indices[0], lines[indices[0]].strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """An issue or pull request of Dask, and what it has to do with a defect."""

    number: str
    relation: str

    @property
    def link(self) -> str:
        repository, _, number = self.number.partition("#")
        return f"[{self.number}](https://github.com/{repository}/issues/{number})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Defect:
    """One root cause in distributed, and everything known about it.

    Attributes:
        slug: name of its page.
        title: what a user sees.
        cases: numbers of its known cases.
        reached: one of `REACHES`.
        path: who is affected, and how they get there.
        severity: one of `SEVERITIES`.
        mechanism: Markdown.
        places: lines that are wrong.
        upstream: issues that are about it, or near it.
        searched: words searched for among the issues.
        live: script in ``live/``; none where there is none.
        printed: what the script printed.
        shown: it shows the defect on a real cluster; ``-`` where only validation can see it.
        proposed: fix, in words.
        note: on the releases that have it.
    """

    slug: str
    title: str
    cases: tuple[str, ...]
    reached: str
    path: str
    severity: str
    mechanism: str
    places: tuple[Place, ...]
    proposed: str
    upstream: tuple[Issue, ...] = ()
    searched: tuple[str, ...] = ()
    live: str = ""
    printed: str = ""
    shown: str = "not tried"
    note: str = ""

    @property
    def order(self) -> tuple[int, int, str]:
        """Most harmful first, and among these the one that is reached most easily."""
        severity, reach = [*SEVERITIES].index(self.severity), [*REACHES].index(self.reached)
        return severity, reach, min(self.cases)

    def read_cases(self) -> list[Case]:
        return [known()[number] for number in self.cases]

    def fix(self) -> str:
        """Name of the trial fix that all of its cases have, and the fewest others; none: it has none."""
        common = set.intersection(*(set(case.fixes) for case in self.read_cases()))
        named = [name for case in known().values() for name in case.fixes]
        return min(sorted(common), key=named.count, default="")

    def since(self) -> str:
        """Oldest release in which a case of it breaks."""
        return str(min(map(oldest, self.read_cases())))


@cache
def known() -> Mapping[str, Case]:
    """All known cases, by their numbers."""
    return {path.name[:4]: load(path) for path in sorted(KNOWN.glob("*.case"))}


def oldest(case: Case) -> Version:
    """Oldest release in which a known case breaks."""
    named = (
        [
            Version(clause.version)
            for clause in SpecifierSet(broken.specifier)
            if clause.operator == ">="
        ]
        for broken in case.breaks
    )
    return min(min(versions, default=OLDEST) for versions in named)


def read() -> tuple[Sequence[str], list[Defect]]:
    """Return the releases that the cases were replayed on, and the defects, most harmful first."""
    data = tomllib.loads((FOLDER / "defects.toml").read_text(encoding="utf-8"))
    releases = data.pop("releases")
    defects = [Defect(slug=slug, **fields(table)) for slug, table in data.items()]
    return releases, sorted(defects, key=lambda defect: defect.order)


def fields(table: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a defect that a table of the data file gives."""
    lists = {name: tuple(value) for name, value in table.items() if isinstance(value, list)}
    records = {
        "places": tuple(Place(**place) for place in table["places"]),
        "upstream": tuple(Issue(**issue) for issue in table.get("upstream", ())),
    }
    return {**table, **lists, **records}


def is_installed() -> bool:
    """Tell if line numbers can be looked up."""
    try:
        return version("distributed") == RELEASE
    except PackageNotFoundError:
        return False


def pages() -> dict[str, str]:
    """The text of each page, by its place in ``docs/``."""
    releases, defects = read()
    texts = {"findings/index.md": index_page(releases, defects)}
    for defect in defects:
        texts[f"findings/{defect.slug}.md"] = defect_page(defect, defects)
    return texts


def index_page(releases: Sequence[str], defects: Sequence[Defect]) -> str:
    """Markdown: the table of all defects."""
    return "\n".join(
        [
            f"# Findings in distributed {RELEASE}",
            "",
            "Generated by `python docs/pages.py` from `defects.toml` and the known cases; do not edit.",
            "",
            f"{len(defects)} defects of the newest release, most harmful first, and among equals the",
            "one that is reached most easily. `workerfuzz run --subject dask` finds them with",
            "`--scope cluster`, or with `--scope process` where the page says so. Each has cases in",
            "`regressions/known/`, which a run reports as known; `workerfuzz replay --subject dask",
            "regressions/known` shows that they are still there.",
            "",
            "| | what a user sees | severity | reached by | since | upstream | cases | live |",
            "|---|---|---|---|---|---|---|---|",
            *(row(number, defect) for number, defect in enumerate(defects, 1)),
            "",
            "| severity | meaning |",
            "|---|---|",
            *(f"| {name} | {meaning} |" for name, meaning in SEVERITIES.items()),
            "",
            "Of several effects it names the worst, with validation off, as in production.",
            "",
            "| reached by | meaning |",
            "|---|---|",
            *(f"| {name} | {meaning} |" for name, meaning in REACHES.items()),
            "",
            "*Since* is the oldest release in which a case of it breaks. Cases of clusters were",
            f"replayed on {len(releases)} releases ({', '.join(releases)});",
            f"where it says {RELEASE}, on no other. A case is one sequence of steps, so the defect may",
            "be older: the page tells since when its lines stand there, in the releases looked at.",
            "",
            "*Upstream* is the issue that is about the same defect. *Live* tells if a script in `live/`",
            "shows it on real processes or threads; `-` stands for what only validation can see.",
            "",
            "```{toctree}",
            ":hidden:",
            "",
            *(defect.slug for defect in defects),
            "```",
            "",
        ]
    )


def row(number: int, defect: Defect) -> str:
    """Row of the table."""
    same = ", ".join(issue.link for issue in defect.upstream if issue.relation == "the same")
    cells = (
        str(number),
        f"[{defect.title}]({defect.slug}.md)",
        defect.severity,
        defect.reached,
        defect.since(),
        same or "none found",
        " ".join(defect.cases),
        defect.shown,
    )
    return f"| {' | '.join(cells)} |"


def defect_page(defect: Defect, defects: Sequence[Defect]) -> str:
    """Markdown: one defect."""
    return "\n".join(
        [
            f"# {defect.title[0].upper()}{defect.title[1:]}",
            "",
            "Generated by `python docs/pages.py` from `defects.toml` and the known cases; do not edit.",
            "",
            f"- **Severity**: {defect.severity}",
            f"- **Reached by**: {defect.reached}. {defect.path}",
            f"- **Since**: {since(defect)}",
            *upstream(defect),
            *workarounds(defect),
            "",
            "## Mechanism",
            "",
            defect.mechanism.strip(),
            "",
            "## Where",
            "",
            *(line for place in defect.places for line in location(place)),
            *steps(defect),
            *live(defect),
            *exported(defect),
            *proposal(defect, defects),
        ]
    )


def since(defect: Defect) -> str:
    """Releases that have it, and what that was concluded from."""
    if defect.since() == RELEASE:
        text = f"{RELEASE} is the only release that its cases were tried on"
    else:
        text = f"its cases break on {defect.since()} and on all later releases that were tried"
    return f"{text}. {defect.note}".rstrip()


def upstream(defect: Defect) -> Iterator[str]:
    """Lines on what Dask knows of it."""
    if defect.upstream:
        yield "- **Upstream**:"
        yield from (f"  - {issue.link}: {issue.relation}" for issue in defect.upstream)
    if defect.searched:
        words = "; ".join(f"“{query}”" for query in defect.searched)
        none = "" if defect.upstream else "**Upstream**: no issue found. "
        yield f"- {none}**Searched for**: {words}"


def workarounds(defect: Defect) -> Iterator[str]:
    """Lines on ways around it, for somebody who has met it."""
    remedies = tomllib.loads(REMEDIES.read_text(encoding="utf-8"))
    known_ways = (remedies.get(number, {}).get("workaround", "") for number in defect.cases)
    yield from (f"- **Workaround**: {way}" for way in dict.fromkeys(known_ways) if way)


def location(place: Place) -> Iterator[str]:
    """Lines on one place, with a link to the release."""
    file, number, text = place.located()
    name = place.function.partition(".")[2]
    there = f" (there since {place.since})" if place.since else ""
    yield f"[`{file}`, line {number}]({SOURCE}/{file}#L{number}), `{name}`{there}:"
    yield from ("", "```text", text, "```", "")


def steps(defect: Defect) -> Iterator[str]:
    """Lines on its cases, with the steps of the shortest."""
    yield from ("## Cases", "")
    cases = {case.path: case for case in defect.read_cases() if case.path is not None}
    for path, case in cases.items():
        broken = ", ".join(
            f"`{name}`" for name in dict.fromkeys(known.property for known in case.breaks)
        )
        link = f"[{path.name[:4]}](../../regressions/known/{path.name})"
        yield f"- {link}: {case.title} ({len(case.steps)} steps, {case.scope} scope; breaks {broken})"
    shortest = min(cases, key=lambda path: len(cases[path].steps))
    if len(cases[shortest].steps) <= SHOWN:
        _, _, body = shortest.read_text(encoding="utf-8").partition("\n\n")
        yield from ("", f"The steps of {shortest.name[:4]}:", "", "```text", body.strip(), "```")
    yield ""


def live(defect: Defect) -> Iterator[str]:
    """Lines on what was seen on a real cluster."""
    if defect.live:
        yield from (
            "## Live",
            "",
            f"[`live/{defect.live}`](live/{defect.live}) ({defect.shown}) printed:",
        )
        yield from ("", "```text", defect.printed.strip(), "```", "")
    elif defect.shown != "-":
        yield from (
            "## Live",
            "",
            f"{defect.shown[0].upper()}{defect.shown[1:]} on a real cluster.",
            "",
        )


def exported(defect: Defect) -> Iterator[str]:
    """Lines on the test that was exported of one of its cases."""
    paths = [TESTS / f"test_{number}.py" for number in defect.cases]
    for path in filter(Path.is_file, paths):
        yield from (
            "## Test for upstream",
            "",
            f"[`{path.name}`](tests/{path.name}), as `workerfuzz export CASE --as pytest` derives it,",
            "tried as often as its docstring says:",
        )
        yield from ("", "```python", path.read_text(encoding="utf-8").strip(), "```", "")


def proposal(defect: Defect, defects: Sequence[Defect]) -> Iterator[str]:
    """Lines on its fix."""
    yield from ("## Proposed fix", "", defect.proposed.strip(), "")
    name = defect.fix()
    if not name:
        yield from ("There is no trial fix of it.", "")
        return
    others = [other for other in defects if other is not defect and other.fix() == name]
    links = ", ".join(f"[{other.title}]({other.slug}.md)" for other in others)
    yield f"Trial fix `{name}`: {FIXES[name].sentence}"
    yield (
        "With `--fixed "
        + name
        + "` its cases pass"
        + (f", and those of: {links}." if others else ".")
    )
    yield ""
