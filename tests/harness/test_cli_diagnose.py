"""The command ``workerfuzz diagnose``: what people see, and its exit status."""

import gzip
import json
from pathlib import Path

import msgpack
import pytest
from examples.dumps import HANGS, dump_of, with_clock

from workerfuzz.harness.cli import run_command


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "300")


def saved(plain: object, folder: Path) -> str:
    path = folder / "hang.msgpack.gz"
    path.write_bytes(gzip.compress(msgpack.packb(plain)))
    return str(path)


def test_a_hang_is_told_root_first(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plain = with_clock(dump_of("unreadable"), at=100.0, news=60.0)
    assert run_command(["diagnose", saved(plain, tmp_path)]) == 1
    out, err = capsys.readouterr()
    lines = out.splitlines()
    start = lines.index("c will not come: nothing that goes on would bring it; no news for 40 s.")
    assert lines[start + 1 : start + 5] == [
        "  root  w1: a failed there (failed to deserialise), and nobody asks for it again; "
        "the scheduler has it in memory on w0",
        "  so  w1: c is waiting for a",
        "  so  scheduler: c is processing on w1",
        "  so  c0 waits for c",
    ]
    assert "  w1: c waits for a, which is error there (inputs_are_asked_for, 40 s)" in lines
    assert any(line.startswith("  1  a task waits for an input that did not des") for line in lines)
    assert any(line.startswith("  w1  ") for line in lines)
    assert err == ""


def test_a_healthy_cluster_is_fine(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plain = with_clock(dump_of("unreadable"), at=100.0, news=60.0)
    worker = plain["workers"]["w1:0"]
    del worker["tasks"]["a"]
    worker["tasks"]["c"] = {"key": "c", "state": "executing"}
    worker["executing"] = ["c"]
    assert run_command(["diagnose", saved(plain, tmp_path)]) == 0
    out = capsys.readouterr().out
    assert "1 key on the way: 1 behind functions that run." in out
    assert "  c has run on w1 for 40 s: your function, not Dask" in out
    assert out.endswith("Nothing contradicts itself that has been quiet for 10 s.\n")


def test_what_is_not_quiet_is_no_contradiction(tmp_path: Path) -> None:
    path = saved(with_clock(dump_of("unreadable"), at=100.0, news=95.0), tmp_path)
    assert run_command(["diagnose", path]) == 0
    assert run_command(["diagnose", path, "--settled", "5s"]) == 1


@pytest.mark.parametrize("hang", HANGS)
def test_every_hang_fits_on_one_screen(
    hang: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    run_command(["diagnose", saved(dump_of(hang), tmp_path), "--settled", "0s"])
    out = capsys.readouterr().out
    assert len(out.splitlines()) <= 50
    longest = max(map(len, out.split()))
    assert max(map(len, out.splitlines())) <= max(80, longest + 20)


def test_json_has_all_of_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = saved(dump_of("retry"), tmp_path)
    assert run_command(["diagnose", path, "--settled", "0s", "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["waiting"][0]["kind"] == "stuck"
    assert found["waiting"][0]["chain"][-1]["key"] == "b"
    assert found["contradictions"][0]["property"] == "waiting_for_a_reason"
    assert found["looks_like"][0]["case"].startswith("0003")


def test_keys_do_not_steer_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = json.dumps(dump_of("retry")).replace('"c"', '"[red]\\u001b[31mc"')
    plain = json.loads(text.replace("'c'", "'[red]\\\\x1b[31mc'"))
    run_command(["diagnose", saved(plain, tmp_path), "--settled", "0s"])
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "[red]\\x1b[31mc is waiting for b" in out


def test_what_is_no_dump_is_bad_input(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "empty"
    path.touch()
    assert run_command(["diagnose", str(path)]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert err.startswith(f"workerfuzz: {path}: the file is empty")


@pytest.mark.parametrize("size", ["4 GiB", "x", "-1", "4TiB"])
def test_a_size_is_a_number_with_a_unit(size: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["diagnose", "dump", "--max-size", size]) == 2
    assert "a size such as 4GiB" in capsys.readouterr().err


def test_more_is_read_where_it_is_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = saved(dump_of("retry"), tmp_path)
    assert run_command(["diagnose", path, "--max-size", "1KiB"]) == 2
    assert "--max-size 4GiB reads up to so much" in capsys.readouterr().err
    assert run_command(["diagnose", path, "--max-size", "1MiB", "--settled", "0s"]) == 1
