"""Replay of cases, findings and known bugs at the beginning of a night."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

from workerfuzz.harness.campaigns.nightly.night import Night, Phase
from workerfuzz.harness.cases.format.case import CaseError
from workerfuzz.harness.cases.format.files import case_files
from workerfuzz.harness.cases.replay.replay import Replay, ReplayOutcome
from workerfuzz.harness.cases.replay.replay_process import ChildFailed
from workerfuzz.harness.cases.triage import known_bugs
from workerfuzz.harness.engines.findings.finding import findings_in


class Replayer(Protocol):
    """Replays a file on a subject, which is given by name; raises ChildFailed."""

    def __call__(self, path: Path, subject: str, /) -> Replay: ...


#: The cases that come with workerfuzz.
CASES: Final = known_bugs.FOLDER.parent

#: A finding that came to this breaks nothing any more.
MENDED: Final = frozenset({ReplayOutcome.AS_WRITTEN, ReplayOutcome.DIFFERS, ReplayOutcome.FIXED})


@dataclass(slots=True)
class RegressionReplay:
    """Replay of the cases of a night, with the outcomes.

    Attributes:
        replay: of cases.
        replay_finding: of findings of former nights, as they were found.
        subjects: names of those that are fuzzed tonight.
        fixed: what does not break any more, a line each.
    """

    night: Night
    replay: Replayer
    replay_finding: Replayer
    fixed: list[str] = field(default_factory=list)

    @property
    def subjects(self) -> Sequence[str]:
        return list(dict.fromkeys(target.subject for target in self.night.targets))

    def cases(self, phase: Phase, folders: Iterable[Path] = (CASES,)) -> None:
        """All that is written must still be so; bugs that are known are not among it."""
        paths = [path for path in case_files(folders) if path.parent != known_bugs.FOLDER]
        for subject in self.subjects:
            counts = Counter[str]()
            for path, outcome, report in replayed(self.replay, paths, subject):
                counts[outcome] += 1
                if report:
                    phase.red.append(in_a_line(subject, path, outcome, report))
            phase.lines.append(f"{len(paths)} cases on {subject}: {counted_outcomes(counts)}")

    def findings(self, phase: Phase, folder: Path, fixed: Collection[str] = ()) -> None:
        """Replay earlier findings: does each still fail, or fail again?

        Args:
            fixed: names of those that did not break any more.
        """
        counts = Counter[str]()
        for name, case in findings_in(folder):
            if isinstance(case, CaseError):
                phase.lines.append(f"{case}; it is left as it is")
                continue
            for subject in set(case.subjects) & {*self.subjects}:
                ((_, outcome, _),) = replayed(self.replay_finding, [folder / name], subject)
                counts["fixed" if outcome in MENDED else STILL.get(outcome, outcome)] += 1
                if outcome in MENDED:
                    self.fixed.append(f"{name}: {case.title}")
                elif outcome == ReplayOutcome.BROKEN and name in fixed:
                    phase.red.append(f"on {subject}: {folder / name} breaks again")
        if counts:
            phase.lines.append(f"findings of former nights: {counted_outcomes(counts)}")

    def known(self, phase: Phase) -> None:
        """Bugs that we know of released versions: do they still break, and there alone?"""
        paths = [*known_bugs.FOLDER.glob("*.case")]
        for subject in self.subjects:
            counts = Counter[str]()
            for path, outcome, report in replayed(self.replay, sorted(paths), subject):
                counts[OF_KNOWN.get(outcome, outcome)] += 1
                if outcome == ReplayOutcome.FIXED:
                    self.fixed.append(f"{path.name}: {report[0] if report else outcome}")
                elif report:
                    phase.red.append(in_a_line(subject, path, outcome, report))
            if counts.keys() != {OTHERS}:
                phase.lines.append(
                    f"{len(paths)} known bugs on {subject}: {counted_outcomes(counts)}"
                )


def replayed(
    replay: Replayer, paths: Iterable[Path], subject: str
) -> Iterator[tuple[Path, str, tuple[str, ...]]]:
    """Yield each file, what it came to, and what there is to say of it where that is not fine."""
    for path in paths:
        try:
            done = replay(path, subject)
        except ChildFailed as error:
            yield path, "cannot be replayed", (*str(error).splitlines(),)
        else:
            yield path, done.outcome, () if done.fine else done.report


#: What outcomes mean of a finding.
STILL: Final[Mapping[str, str]] = {
    ReplayOutcome.BROKEN: "still break",
    ReplayOutcome.BREAKS_AS_KNOWN: "known to break",
    ReplayOutcome.IMPOSSIBLE: "not possible any more",
}

#: What a known bug is called that is not about the subject.
OTHERS: Final = "of other subjects"

#: What outcomes mean of a known bug.
OF_KNOWN: Final[Mapping[str, str]] = {
    ReplayOutcome.BREAKS_AS_KNOWN: "still break",
    ReplayOutcome.AS_WRITTEN: "of other versions",
    ReplayOutcome.NOT_APPLICABLE: OTHERS,
}


def in_a_line(subject: str, path: Path, outcome: str, report: Sequence[str]) -> str:
    """One line on a case that differs and the reason; ``workerfuzz replay`` prints the whole report."""
    what = " ".join(line.strip() for line in report[:2])
    return f"on {subject}, {outcome}: {what if str(path) in what else f'{path}: {what}'}"


def counted_outcomes(counts: Counter[str]) -> str:
    """``17 still break, 1 fixed``."""
    return ", ".join(f"{count} {what}" for what, count in sorted(counts.items())) or "none"
