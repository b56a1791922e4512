"""Workflows are valid by the published schema, and run what people without GitHub can run."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").iterdir())
SCHEMA = json.loads((Path(__file__).parent / "schemas" / "github-workflow.json").read_text())
VALIDATOR = jsonschema.Draft7Validator(SCHEMA)

#: Options of a night that takes seconds.
SHORT = ("--subject", "reference", "--runs", "20", "--jobs", "1", "--quiet")


def read(text: str) -> Any:
    """YAML as GitHub reads it: version 1.2, where the word on is no boolean."""
    found = yaml.safe_load(text)
    return {"on" if name is True else name: value for name, value in found.items()}


def workflow(name: str) -> Any:
    return read((ROOT / ".github" / "workflows" / name).read_text(encoding="utf-8"))


def runs(overrides: Any) -> list[str]:
    """Commands that the steps of a workflow run."""
    return [
        step["run"] for job in overrides["jobs"].values() for step in job["steps"] if "run" in step
    ]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_is_what_the_schema_says(path: Path) -> None:
    problems = VALIDATOR.iter_errors(read(path.read_text(encoding="utf-8")))
    assert [f"{error.json_path}: {error.message}" for error in problems] == []


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("on: push\njobs: {}\n", "$.jobs"),
        ("on: pushed\njobs: {a: {runs-on: x, steps: [{run: y}]}}\n", "$.on"),
        ("on: push\njobs: {a: {runs-on: x, steps: [{runs: y}]}}\n", "$.jobs.a"),
    ],
)
def test_a_workflow_that_is_wrong_is_seen(text: str, problem: str) -> None:
    assert problem in {error.json_path for error in VALIDATOR.iter_errors(read(text))}


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_ends_and_may_only_read(path: Path) -> None:
    content = read(path.read_text(encoding="utf-8"))
    assert content["permissions"] == {"contents": "read"}
    assert all(0 < job["timeout-minutes"] < 360 for job in content["jobs"].values())


def test_a_night_is_run_by_schedule_by_hand_and_for_pull_requests() -> None:
    content = workflow("nightly.yml")
    assert content["on"].keys() == {"schedule", "workflow_dispatch", "pull_request"}
    assert runs(content)[-1].startswith("bash .ci/nightly ")


def test_a_night_keeps_its_folder_and_gives_away_what_people_look_at() -> None:
    (job,) = workflow("nightly.yml")["jobs"].values()
    steps = {step["uses"].split("@")[0]: step for step in job["steps"] if "uses" in step}
    restore, save = steps["actions/cache/restore"], steps["actions/cache/save"]
    assert restore["with"]["path"] == save["with"]["path"] == "workerfuzz-nights"
    assert restore["with"]["key"] == save["with"]["key"]
    assert restore["with"]["key"].startswith(restore["with"]["restore-keys"])
    assert steps["actions/upload-artifact"]["with"]["path"] == "workerfuzz-morning"
    assert save["if"].startswith("always()")
    assert steps["actions/upload-artifact"]["if"] == "always()"


def night(folder: Path, *options: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """The script, with its folders in another one."""
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    folders = {f"WORKERFUZZ_{name.upper()}": str(folder / name) for name in ("nights", "morning")}
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GITHUB")}
    return subprocess.run(
        [ROOT / ".ci" / "nightly", *options],
        env={**kept, "PATH": programs, **folders, **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_script_of_a_night_leaves_what_people_and_github_look_at(tmp_path: Path) -> None:
    summary = tmp_path / "summary"
    done = night(tmp_path, *SHORT, GITHUB_STEP_SUMMARY=str(summary), GITHUB_ACTIONS="true")
    assert (done.returncode, done.stderr) == (0, "")
    assert "the night is green" in done.stdout
    left = {path.name for path in (tmp_path / "morning").iterdir()}
    assert left >= {"report.md", "report.xml", "annotations.txt", "triage.txt"}
    assert summary.read_text() == (tmp_path / "morning" / "report.md").read_text()
    assert "green: 0 new findings" in summary.read_text()
    assert (tmp_path / "morning" / "triage.txt").read_text().startswith("0 bugs in 1 night")
    assert any((tmp_path / "nights" / "corpus").iterdir())


def test_the_script_of_a_night_says_that_the_command_was_wrong(tmp_path: Path) -> None:
    done = night(tmp_path, "--for", "soon")
    assert done.returncode == 2
    assert done.stderr.endswith('expected a time like 20s, 5m or 1h, found "soon"\n')
    assert not (tmp_path / "nights").exists()


def test_the_script_of_a_night_is_a_strict_program() -> None:
    script = ROOT / ".ci" / "nightly"
    assert os.access(script, os.X_OK)
    lines = script.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "#!/usr/bin/env bash"
    assert "set -euo pipefail" in lines
    assert not re.search(r"\bsleep\b", script.read_text(encoding="utf-8"))
