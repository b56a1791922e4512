"""Reading dumps: both formats, parts of dumps, and files that are none."""

import gzip
from pathlib import Path
from typing import Any

import msgpack
import pytest
import yaml
from examples.dumps import Plain, dump_of, model

from workerfuzz.harness.diagnose.model import ClusterDump
from workerfuzz.harness.diagnose.nodes import DumpError
from workerfuzz.harness.diagnose.reading import load
from workerfuzz.statemachine.scheduler.states import SchedulerTaskState
from workerfuzz.statemachine.worker.states import State

W0, W1 = "w0:0", "w1:0"


def packed(plain: object) -> bytes:
    return gzip.compress(msgpack.packb(plain))


def written(folder: Path, content: bytes, name: str = "dump") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def said_of(path: Path, **options: Any) -> str:
    with pytest.raises(DumpError) as caught:
        load(path, **options)
    text = str(caught.value)
    assert "\n" not in text
    assert text.startswith(f"{path}: ")
    return text.removeprefix(f"{path}: ")


@pytest.mark.parametrize("form", ["msgpack.gz", "msgpack", "yaml", "yaml.gz"])
def test_every_format_is_told_by_its_content(form: str, tmp_path: Path) -> None:
    plain = dump_of("unreadable")
    content = (
        msgpack.packb(plain)
        if "msgpack" in form
        else yaml.safe_dump(plain, sort_keys=False).encode()
    )
    path = written(tmp_path, gzip.compress(content) if form.endswith("gz") else content)
    expected = model(plain)
    found = load(path)
    assert found.scheduler.tasks.keys() == expected.scheduler.tasks.keys()
    assert found.workers == expected.workers
    assert found.waiting_on == expected.waiting_on
    assert found.log == expected.log


def test_the_model_has_every_participant() -> None:
    dump = model(dump_of("unreadable"))
    assert dump.release
    assert dump.state("c") is SchedulerTaskState.PROCESSING
    assert set(dump.scheduler.tasks["c"].dependencies) == {"a", "b"}
    assert dump.scheduler.tasks["c"].processing_on == W1
    assert dump.wanted() == {"c": ("c0",)}
    assert dump.scheduler.clients["c0"].wants == {"c": None}
    worker = dump.workers[W1]
    assert (worker.state("a"), worker.state("b")) == (State.ERROR, State.MEMORY)
    assert worker.tasks["c"].waiting_for == ("a",)
    assert set(worker.stored) == {"b"}
    assert [stimulus.kind for stimulus in worker.stimuli][-1] == "GatherDepFailureEvent"


def with_tuples(node: Any) -> Any:
    """Let every key ``a`` be ``('a', 0)``, in the spelling that Dask has for it at each place."""
    if isinstance(node, dict):
        renamed = {
            "['a', 0]" if key == "a" else key: with_tuples(value) for key, value in node.items()
        }
        if node.get("key") == "a":
            renamed["key"] = ["a", 0]
        return renamed
    if isinstance(node, list):
        return [["a", 0] if item == "a" else with_tuples(item) for item in node]
    return (
        node.replace("<TaskState 'a' ", "<TaskState ('a', 0) ") if isinstance(node, str) else node
    )


def test_keys_that_are_tuples_are_the_same_key_everywhere(tmp_path: Path) -> None:
    plain = with_tuples(dump_of("unreadable"))
    dump = load(written(tmp_path, packed(plain)))
    key = "('a', 0)"
    assert set(dump.scheduler.tasks) == {key, "b", "c"}
    assert key in dump.scheduler.tasks["c"].dependencies
    assert key in dump.scheduler.workers[W0].has_what
    assert key in dump.workers[W0].stored
    assert dump.workers[W1].tasks["c"].waiting_for == (key,)
    assert {key for entry in dump.log for key in entry.keys} <= {key, "b", "c"}
    assert {key for event in dump.workers[W1].stimuli for key in event.keys} == {key, "b", "c"}


def test_keys_of_one_worker_alone_are_known_before_its_events_are_told() -> None:
    worker = with_tuples(dump_of("unreadable"))["workers"][W1]
    dump = model(dict(sorted(worker.items())))  # as YAML writes it: logs before tasks
    assert {key for event in dump.workers[W1].stimuli for key in event.keys} == {
        "('a', 0)",
        "b",
        "c",
    }


def test_workers_that_did_not_answer_are_named() -> None:
    plain = dump_of("unreadable")
    plain["workers"][W0] = "OSError('Timed out')"
    del plain["workers"][W1]
    assert model(plain).silent == {W0: "OSError('Timed out')", W1: "it is not in the dump"}


def test_one_worker_alone_is_a_dump() -> None:
    dump = model(dump_of("unreadable")["workers"][W1])
    assert not dump.has_scheduler
    assert dump.workers[W1].state("a") is State.ERROR


def test_a_scheduler_alone_is_a_dump() -> None:
    dump = model(dump_of("unreadable")["scheduler"])
    assert dump.state("c") is SchedulerTaskState.PROCESSING
    assert set(dump.silent) == {W0, W1}


def test_fields_of_other_releases_are_left_out_and_missing_ones_are_empty() -> None:
    plain = dump_of("unreadable")
    plain["extensions"] = {"stealing": "something"}
    plain["scheduler"]["tasks"]["a"]["new_field"] = {"x": [1]}
    for task in plain["scheduler"]["tasks"].values():
        del task["run_id"]  # before 2023.1
    dump = model(plain)
    assert dump.scheduler.tasks["a"].run_id == 0


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"", "the file is empty"),
        (gzip.compress(b""), "the file is empty"),
        (b"\x1f\x8bnonsense", "damaged: "),
        (b"\x89PNG\r\n\x1a\n", "not a dump of a cluster of Dask: its fields have no names"),
        (b"a: b: c", "not a dump of a cluster of Dask ("),
        (b"hello", "not a dump of a cluster of Dask: expected a mapping, found str"),
        (b"[1, 2]", "not a dump of a cluster of Dask: expected a mapping, found list"),
        (b"a: 1", "not a dump of a cluster of Dask: no scheduler and no worker in it"),
        (packed({"a": 1}), "not a dump of a cluster of Dask: no scheduler and no worker in it"),
        (packed({"scheduler": {"tasks": {"a": 1}}}), "not a dump of a cluster of Dask: Expected"),
        (packed({"scheduler": {"tasks": {"a": {"key": "a", "state": "odd"}}}}), "unknown state"),
        (packed({"scheduler": {"tasks": 1}}), "expected a mapping, found int"),
        (packed({"scheduler": {"transition_log": 1}}), "expected a list"),
        (packed({"scheduler": {"transition_log": [[]]}}), "a line of the transition log is none"),
        (packed({"workers": {"w0": {"nthreads": 1, "log": [1]}}}), "a line of the log of a worker"),
        (packed({"workers": {"w0": {"stimulus_log": [{}]}}}), "an event of the log of a worker"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_dump_is_said_in_one_line(content: bytes, text: str, tmp_path: Path) -> None:
    assert said_of(written(tmp_path, content)).startswith(text)


def test_a_dump_that_is_cut_off_is_said_to_be(tmp_path: Path) -> None:
    plain = msgpack.packb(dump_of("unreadable"))
    whole = gzip.compress(plain)
    for content in (plain[:-1], plain[:40], whole[:-20], whole[: len(whole) // 2]):
        assert said_of(written(tmp_path, content)).startswith("the dump is cut off")


def test_a_file_that_is_not_there_or_is_a_folder(tmp_path: Path) -> None:
    assert said_of(tmp_path / "absent") == "No such file or directory"
    assert said_of(tmp_path) == "Is a directory"


def test_no_more_is_read_than_is_asked_for(tmp_path: Path) -> None:
    path = written(tmp_path, gzip.compress(msgpack.packb({"junk": bytes(3 * 2**20)})))
    assert said_of(path, most_nbytes=2**20).startswith("more than 1 MiB unpacked; --max-size")
    assert "no scheduler" in said_of(path)


def test_nothing_in_a_dump_is_executed(tmp_path: Path) -> None:
    marker = tmp_path / "marker"
    content = f"scheduler: !!python/object/apply:pathlib.Path.touch [{marker}]".encode()
    text = said_of(written(tmp_path, content))
    assert "could not determine a constructor" in text
    assert not marker.exists()


def test_what_nobody_reads_is_skipped() -> None:
    """A dump of 2026.8.0 has the transition log once more below each worker."""

    class Unread(dict[str, object]):
        def __getitem__(self, key: str) -> object:
            raise AssertionError("it was read")

    plain: Plain = dump_of("unreadable")
    plain["scheduler"]["workers"][W0]["scheduler"] = Unread()
    found: ClusterDump = model(plain)
    assert W0 in found.scheduler.workers
