"""A corpus: a folder of corpus entries, each in a file named by a digest of its text.

Equal entries have equal names, so that corpora are merged by copying files, in any order, as often as
one likes; and a file whose name does not fit what is in it was cut off on its way. Other files are left
alone.
"""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Final

from workerfuzz.harness.cases.format import corpus_entry
from workerfuzz.harness.cases.format.case import CaseError
from workerfuzz.harness.cases.format.corpus_entry import CorpusEntry
from workerfuzz.harness.cases.format.files import read, reason, write
from workerfuzz.strategies.step import Step

#: Suffix of the files of entries.
SUFFIX: Final = ".stem"

#: Bytes of the digest that a name is.
DIGEST_NBYTES: Final = 10


@dataclass(frozen=True, slots=True)
class Corpus:
    """Corpus entries of a folder.

    Attributes:
        entries: in the order of their names, which is the same everywhere.
        problems: files that could not be read, and why; a line each.
    """

    entries: tuple[CorpusEntry, ...] = ()
    problems: tuple[str, ...] = ()

    def of(
        self, subject: str, scope: str, kinds: Collection[type[Step]]
    ) -> tuple[CorpusEntry, ...]:
        """Entries that runs of one subject at one scope left, of whatever version.

        Entries of other subjects never match, even where their keys and kinds of step would: what
        they hold was drawn from another declaration (``pool``, ``takes``, workload).

        Args:
            kinds: every kind of step that the subject has; entries with others are left out.
        """
        return tuple(
            entry
            for entry in self.entries
            if entry.subject_name == subject
            and entry.run_config.scope == scope
            and all(type(step) in kinds for step in entry.steps)
        )


@dataclass(slots=True)
class Stats:
    """A corpus in numbers. Of its features, those are counted that the entries say they reached first.

    Attributes:
        entries: how many, by scope and subject with its version.
        steps: of all entries together.
        features: different ones, by scope.
        nbytes: size of the files.
    """

    entries: Counter[tuple[str, str]] = field(default_factory=Counter)
    steps: int = 0
    features: Counter[str] = field(default_factory=Counter)
    nbytes: int = 0
    problems: tuple[str, ...] = ()


def name_of(content: str) -> str:
    """The name of the file with a text."""
    return blake2b(content.encode(), digest_size=DIGEST_NBYTES).hexdigest() + SUFFIX


def load(folder: Path) -> Corpus:
    """Return the corpus of a folder; an empty one where there is no folder.

    Raises:
        CaseError: an entry was written by a later workerfuzz, whose corpus this is then; or the folder
            cannot be listed.
    """
    entries, problems = [], []
    for path in paths(folder):
        try:
            entries.append(load_entry(path))
        except corpus_entry.NewerFormat:
            raise
        except CaseError as error:
            problems.append(str(error))
    return Corpus(tuple(entries), tuple(problems))


def load_entry(path: Path) -> CorpusEntry:
    """Return the entry in a file; raises CaseError."""
    content = read(path)
    entry = corpus_entry.read(content, path)
    if path.name != name_of(content):
        raise CaseError(
            "its name does not fit what is in it: cut off, or changed by hand", path=path
        )
    return entry


def paths(folder: Path) -> list[Path]:
    """Return the files of entries, by name; raises CaseError."""
    try:
        files = sorted(folder.iterdir())
    except FileNotFoundError:
        return []
    except OSError as error:
        raise CaseError(reason(error), path=folder) from None
    return [path for path in files if path.suffix == SUFFIX and not path.name.startswith(".")]


def store(folder: Path, entry: CorpusEntry) -> Path:
    """Write an entry, whole or not at all; where it is already, nothing happens. Raises OSError."""
    content = corpus_entry.format(entry)
    path = folder / name_of(content)
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        write(path, content)
    return path


def path_of(folder: Path, entry: CorpusEntry) -> Path:
    """Return the path of an entry, whether it is there or not."""
    return folder / name_of(corpus_entry.format(entry))


def merge(sources: Iterable[Path], target: Path) -> int:
    """Copy every entry of some corpora into one, and return how many were new there.

    Raises:
        CaseError: as ``load`` does, before anything is written.
        OSError: the target took no more; what was written is whole, and merging again goes on.
    """
    entries = [entry for folder in sources for entry in load(folder).entries]
    there = set(paths(target))
    return len({store(target, entry) for entry in entries} - there)


def drop(folder: Path, entries: Iterable[CorpusEntry]) -> None:
    """Delete entries; those added meanwhile stay. Raises OSError."""
    for entry in entries:
        path_of(folder, entry).unlink(missing_ok=True)


def stats(folder: Path) -> Stats:
    """A corpus in numbers; raises CaseError."""
    corpus = load(folder)
    found = Stats(problems=corpus.problems)
    features: set[tuple[str, str]] = set()
    for entry in corpus.entries:
        scope = entry.run_config.scope
        found.entries[scope, entry.subject] += 1
        found.steps += len(entry.steps)
        found.nbytes += len(corpus_entry.format(entry).encode())
        features.update((scope, feature) for feature in entry.reached)
    found.features.update(scope for scope, _ in features)
    return found
