"""Shrunk runs that showed bugs of the zoo, as files: another release replays them."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from workerfuzz.harness.campaigns.historical.bug import HistoricalBug
from workerfuzz.harness.campaigns.historical.search import Sighting, shortest, transitions_of
from workerfuzz.harness.cases.format import corpus_entry
from workerfuzz.harness.cases.format.corpus_entry import CorpusEntry
from workerfuzz.harness.cases.format.files import write
from workerfuzz.harness.engines.shrink.shrink import replay
from workerfuzz.harness.subjects.cluster_protocol import ClusterSystem
from workerfuzz.harness.worlds.scopes import CLUSTER


def place(folder: Path, bug: HistoricalBug) -> Path:
    """Return the path of the run that shows a bug."""
    return folder / f"{bug.name.removeprefix('#')}.stem"


def keep(
    folder: Path, subject: ClusterSystem, bug: HistoricalBug, sightings: Iterable[Sighting]
) -> None:
    """Write down the shortest run that shows a bug, if there is one. The folder is made."""
    shrunk = shortest(sightings)
    if shrunk is None:
        return
    said = f"{subject.name} {subject.version()}"
    folder.mkdir(parents=True, exist_ok=True)
    write(
        place(folder, bug),
        corpus_entry.format(CorpusEntry(shrunk.run_config, shrunk.steps, (), said)),
    )


def is_shown(folder: Path, subject: ClusterSystem, bug: HistoricalBug) -> bool | None:
    """Tell whether the run that showed a bug elsewhere shows it on the installed release.

    Steps that are impossible there are left out. None: there is no such run.

    Raises:
        CaseError: the file is not as it was written.
    """
    path = place(folder, bug)
    if not path.exists():
        return None
    entry = corpus_entry.read(path.read_text(encoding="utf-8"), path)
    violation = replay(subject, entry.run_config.config, entry.steps, CLUSTER)
    return violation is not None and bug.is_in(violation, transitions_of(subject, violation))


def replayed(
    folder: Path, subject: ClusterSystem, bugs: Sequence[HistoricalBug]
) -> dict[HistoricalBug, bool]:
    """Of each bug that has a run, whether that shows it here."""
    found = ((bug, is_shown(folder, subject, bug)) for bug in bugs)
    return {bug: shown for bug, shown in found if shown is not None}
