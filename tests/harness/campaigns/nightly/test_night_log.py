"""A log: what is found is written at once, and not forgotten where nothing can be written."""

import shutil
from pathlib import Path

import pytest

from workerfuzz.harness.campaigns.nightly import night_log as module
from workerfuzz.harness.campaigns.nightly.folder import Folder
from workerfuzz.harness.campaigns.nightly.night import Night
from workerfuzz.harness.campaigns.nightly.night_files import NightSummary, read_nights, summaries
from workerfuzz.harness.campaigns.nightly.night_log import NightLog
from workerfuzz.harness.campaigns.plan.plan import Plan
from workerfuzz.harness.campaigns.shard.result import ShardResult
from workerfuzz.harness.cases.format import files
from workerfuzz.harness.cases.format.casefile import load
from workerfuzz.harness.cases.triage.signature import Signature
from workerfuzz.harness.engines.findings.finding import (
    Finding,
    FindingCase,
    SeenBefore,
    first_seen,
    name_of,
    names_in,
)

BUG = ("role_fits_state", "", "")
HOUR = 3600.0


def case(steps: int) -> str:
    taken = "".join("\n> find-missing\n" for _ in range(steps))
    return f"workerfuzz-case 1\ntitle: it breaks\nscope: worker\nsubject: reference\n{taken}"


def met(steps: int = 1, bug: tuple[str, str, str] = BUG) -> Finding:
    finding = Finding(Signature(*bug), "", "", 0, 0, "swarm", "reference", "worker", length=steps)
    finding.case = FindingCase(text=case(steps))
    finding.lines = [f"{steps} steps"]
    return finding


def account(*found: Finding, runs: int = 9) -> ShardResult:
    return ShardResult(Plan(), findings=list(found), runs=runs)


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def log(tmp_path: Path, said: list[str]) -> NightLog:
    """Of a night that has begun."""
    return began(tmp_path, text=said)


def began(path: Path, seed: int = 1, text: list[str] | None = None, day: int = 25) -> NightLog:
    night = Night(seed, f"2026-11-{day}T00:00:00+00:00")
    log = NightLog(Folder(path), night, (text if text is not None else []).append, flush_s=HOUR)
    night.before = names_in(log.folder.findings)
    log.flush()
    return log


def on_disk(log: NightLog) -> list[ShardResult]:
    (written,) = read_nights(log.folder)
    return written.night.shards


def former(log: NightLog) -> list[tuple[Path, NightSummary]]:
    """Summaries of the nights before this one."""
    return [(path, summary) for path, summary, _ in summaries(log.folder, log.path)]


def test_what_was_found_is_written_at_once(log: NightLog) -> None:
    finding = met()
    assert log.record((0, 1), account()) == []
    assert on_disk(log) == [], "nothing was found, and little time has passed"
    assert log.record((0, 1), account(finding)) == [finding]
    assert finding.path == f"findings/{name_of(finding)}"
    assert load(log.folder.path / finding.path).title == "it breaks"
    assert on_disk(log) == [account(finding)]


def test_what_was_told_is_not_told_again(log: NightLog) -> None:
    assert log.record((0, 1), account(met()))
    assert not log.record((0, 1), account(met()))
    assert not log.record((1, 1), account(met(3)))
    assert len(names_in(log.folder.findings)) == 1


def test_a_case_is_there_before_it_is_shrunk_and_told_afterwards(log: NightLog) -> None:
    finding = met(9)
    finding.lines = []
    assert log.record((0, 1), account(finding)) == []
    path = log.folder.findings / name_of(finding)
    assert len(load(path).steps) == 9
    assert log.seen_on("reference", "worker") == ()
    finding = met(2)
    assert log.record((0, 1), account(finding)) == [finding]
    assert len(load(path).steps) == 2
    assert log.seen_on("reference", "worker")


def test_everything_is_written_now_and_then(log: NightLog) -> None:
    log.flush_s = 0.0
    log.record((0, 1), account(runs=5))
    log.record((1, 1), account(runs=7))
    assert [shard.runs for shard in on_disk(log)] == [5, 7]


def test_a_shorter_case_of_another_shard_takes_its_place(log: NightLog) -> None:
    log.record((0, 1), account(met(3)))
    log.record((1, 1), account(met(1)))
    (name,) = names_in(log.folder.findings)
    assert len(load(log.folder.findings / name).steps) == 1


def test_what_has_a_case_is_not_shrunk_again(log: NightLog) -> None:
    log.record((0, 1), account(met()))
    assert log.seen_on("reference", "worker") == (SeenBefore(name_of(met()), Signature(*BUG)),)
    assert log.seen_on("reference", "cluster") == ()


def test_findings_of_former_nights_are_known(tmp_path: Path) -> None:
    began(tmp_path, day=23).record((0, 1), account(met()))
    tonight = began(tmp_path, seed=2)
    tonight.load_former(former(tonight))
    assert [seen.case for seen in tonight.seen_on("reference", "worker")] == [name_of(met())]
    again = met()
    assert tonight.record((0, 1), account(again)) == [], "its night may be gone, its case is there"
    assert again.known == name_of(again)


def test_a_finding_that_somebody_took_away_is_new_when_it_comes_back(tmp_path: Path) -> None:
    began(tmp_path, day=23).record((0, 1), account(met()))
    shutil.rmtree(tmp_path / "findings")
    tonight = began(tmp_path, seed=2)
    tonight.load_former(former(tonight))
    assert tonight.seen_on("reference", "worker") == ()
    assert names_in(tonight.folder.findings) == []
    assert tonight.record((0, 1), account(met()))


@pytest.mark.parametrize("order", [("a", "b"), ("b", "a")])
def test_folders_copied_into_one_keep_everything(tmp_path: Path, order: tuple[str, str]) -> None:
    """The shortest case and the first day, whichever of them was written over the other."""
    other = ("data_has_a_holder", "", "")
    began(tmp_path / "a", seed=1, day=23).record((0, 1), account(met(3)))
    began(tmp_path / "b", seed=2, day=24).record((0, 1), account(met(1), met(2, other)))
    for name in order:
        shutil.copytree(tmp_path / name, tmp_path / "both", dirs_exist_ok=True)
    tonight = began(tmp_path / "both", seed=3)
    nights = former(tonight)
    tonight.load_former(nights)
    assert sorted(summary.seed for _, summary in nights) == [1, 2]
    assert names_in(tonight.folder.findings) == sorted(map(name_of, (met(), met(1, other))))
    kept = load(tonight.folder.findings / name_of(met()))
    assert len(kept.steps) == 1
    assert first_seen(kept) == "2026-11-23"


def full(*_: object) -> None:
    raise OSError(28, "No space left on device")


def test_where_the_disk_is_full_people_get_the_case(
    log: NightLog, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(files.os, "fsync", full)
        assert log.record((0, 1), account(met()))
        assert not log.record((0, 1), account(met(), runs=12)), "it was told"
    problem, *text = said
    assert problem == (
        f"{log.folder.findings}: no space left on device; this case was not written:"
    )
    assert text == [
        *case(1).splitlines(),
        f"{log.path}: no space left on device; it is tried again later",
    ]
    assert names_in(log.folder.findings) == []
    log.finish("2026-11-25T08:00:00+00:00")
    assert len(names_in(log.folder.findings)) == 1, "there is room again"
    (written,) = read_nights(log.folder)
    assert written.night.ended
    assert [shard.runs for shard in written.night.shards] == [12]
    assert written.night.shards[0].findings[0].path


def test_the_end_is_written_last(log: NightLog, monkeypatch: pytest.MonkeyPatch) -> None:
    log.record((0, 1), account())
    order: list[str] = []

    def note(path: Path, text: str) -> None:
        order.append(f"{path.name} {'08:00' in text}")

    monkeypatch.setattr(module, "write", note)
    log.finish("2026-11-25T08:00:00+00:00")
    assert order[-1] == "night.json True"
    assert "0000.json False" in order[:-1]
    assert [name for name in order if "True" in name] == ["night.json True"]
