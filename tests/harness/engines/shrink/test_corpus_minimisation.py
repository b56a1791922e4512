"""Minimising keeps every feature, and no stem that others make superfluous."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from workerfuzz.harness.campaigns.mutants.catalogue import named
from workerfuzz.harness.cases.format import corpus
from workerfuzz.harness.cases.format.corpus_entry import CorpusEntry
from workerfuzz.harness.engines.shrink.corpus_minimisation import (
    Minimised,
    covering,
    minimise,
    reaches,
)
from workerfuzz.harness.engines.walk.walker import Walker
from workerfuzz.harness.subjects import get_cluster
from workerfuzz.harness.subjects.reference.worker import ReferenceSubject
from workerfuzz.harness.worlds.scopes import CLUSTER, WORKER
from workerfuzz.strategies.choosers import RandomChooser
from workerfuzz.strategies.worker import parse
from workerfuzz.strategies.worker.run_config import RunConfig

SUBJECT = ReferenceSubject()
SAID = f"reference {SUBJECT.version()}"


def stem(*lines: str, subject: str = SAID) -> CorpusEntry:
    return CorpusEntry(RunConfig(), tuple(map(parse, lines)), (), subject)


def sets(*texts: str) -> list[frozenset[str]]:
    return [frozenset(text) for text in texts]


def test_few_stems_cover_everything() -> None:
    stems = [stem("pause") for _ in range(4)]
    assert covering(stems, sets("abc", "cd", "de", "d")) == [0, 2]
    assert covering([], []) == []


def test_what_was_chosen_first_goes_if_later_ones_cover_it() -> None:
    stems = [stem("pause") for _ in range(3)]
    assert covering(stems, sets("bcde", "abc", "def")) == [1, 2]


def test_a_large_corpus_is_covered_in_near_linear_time() -> None:
    """Counted in looks at what an entry reaches: no clock. It was one for each entry and entry kept."""
    count, looks = 600, 0

    class Counted(frozenset[str]):
        def __and__(self, other: object) -> frozenset[str]:
            nonlocal looks
            looks += 1
            return super().__and__(other)  # type: ignore[arg-type]  # a set of features

    entries = [stem("pause") for _ in range(count)]
    reached = [Counted({f"own {number}", f"shared {number % 9}"}) for number in range(count)]
    assert len(covering(entries, reached)) == count
    assert looks < 4 * count


def test_the_heap_chooses_what_one_look_at_all_would() -> None:
    chooser = RandomChooser("covering")
    for _ in range(30):
        entries = [stem("pause") for _ in range(12)]
        reached = [
            frozenset(f for f in "abcdefghij" if chooser.integer(0, 3) == 0) for _ in entries
        ]
        missing, chosen = frozenset().union(*reached), set[int]()
        while missing:
            best = max(range(12), key=lambda number: len(reached[number] & missing))
            chosen.add(best)
            missing -= reached[best]
        assert set(covering(entries, reached)) <= chosen
        assert frozenset().union(*(reached[item] for item in covering(entries, reached))) == (
            frozenset().union(*reached)
        )


def test_of_equals_the_shortest_stays() -> None:
    stems = [stem("pause", "unpause"), stem("pause")]
    assert covering(stems, sets("a", "a")) == [1]


def test_a_corpus_reaches_as_much_as_before(tmp_path: Path) -> None:
    first, second = (Walker(SUBJECT, seed) for seed in (1, 2))
    for number in range(60):
        first.run(number)
        second.run(number)
    stems = first.corpus + second.corpus
    for entry in stems:
        corpus.store(tmp_path, entry)
    before = {feature for entry in stems for feature in reaches(entry, SUBJECT, WORKER)}
    done = minimise(tmp_path, SUBJECT, WORKER)
    kept = corpus.load(tmp_path).entries
    assert {feature for entry in kept for feature in reaches(entry, SUBJECT, WORKER)} == before
    assert done == Minimised(len(stems), len(kept), len(before))
    assert len(kept) < 0.75 * len(stems)


def test_what_stays_says_all_that_is_reached(tmp_path: Path) -> None:
    walking = Walker(SUBJECT, 1)
    for number in range(60):
        walking.run(number)
    for entry in walking.corpus:
        corpus.store(tmp_path, replace(entry, subject="reference 0.0"))
    done = minimise(tmp_path, SUBJECT, WORKER)
    kept = corpus.load(tmp_path).entries
    assert {entry.subject for entry in kept} == {SAID}
    told = [feature for entry in kept for feature in entry.reached]
    assert len(told) == len(set(told)) == done.features
    assert minimise(tmp_path, SUBJECT, WORKER) == replace(done, before=done.after)
    assert corpus.load(tmp_path).entries == kept


def test_stems_of_other_subjects_and_scopes_stay(tmp_path: Path) -> None:
    mine = [stem("compute-task x"), stem("compute-task x", "pause", subject="reference 0.0")]
    other = stem("compute-task x", subject="dask 2026.8.0")
    for entry in (*mine, other):
        corpus.store(tmp_path, entry)
    assert minimise(tmp_path, get_cluster("reference"), CLUSTER) == Minimised(0, 0, 0)
    assert minimise(tmp_path, SUBJECT, WORKER).after == 1
    subjects = sorted(entry.subject for entry in corpus.load(tmp_path).entries)
    assert subjects == ["dask 2026.8.0", SAID]


def test_what_cannot_be_read_stays_and_is_told(tmp_path: Path) -> None:
    (tmp_path / "bad.stem").write_text("")
    done = minimise(tmp_path, SUBJECT, WORKER)
    assert done.problems == (f"{tmp_path / 'bad.stem'}: the file is empty",)
    assert (tmp_path / "bad.stem").exists()


def test_a_stem_that_breaks_something_counts_up_to_there() -> None:
    lines = ("compute-task x", "execute-success x", "compute-task y")
    healthy = reaches(stem(*lines), SUBJECT, WORKER)
    with named("slot-is-given-back-twice").planted():
        assert set(reaches(stem(*lines), SUBJECT, WORKER)) <= set(healthy)
    impossible = stem("execute-success x", *lines)
    assert reaches(impossible, SUBJECT, WORKER) == healthy


def test_stems_are_followed_while_they_are_replayed(tmp_path: Path) -> None:
    followed: list[int] = []

    def follow(stems: Sequence[CorpusEntry]) -> Iterator[CorpusEntry]:
        followed.append(len(stems))
        yield from stems

    for entry in (stem("pause"), stem("pause", "unpause")):
        corpus.store(tmp_path, entry)
    minimise(tmp_path, SUBJECT, WORKER, follow)
    assert followed == [2]
