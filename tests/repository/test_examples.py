"""Cases that pages show are true: they replay as they are written."""

import re
from pathlib import Path

from workerfuzz.harness.cli import run_command

CASE = re.compile(r"^```\w*\n(workerfuzz-case 1\n.*?)^```$", re.MULTILINE | re.DOTALL)


def test_cases_in_pages_replay_as_written(texts: dict[Path, str], tmp_path: Path) -> None:
    examples = [
        case for path, text in texts.items() if path.suffix == ".md" for case in CASE.findall(text)
    ]
    assert examples
    for number, case in enumerate(examples, 1):
        (tmp_path / f"{number:04}-example.case").write_text(case, encoding="utf-8")
    assert run_command(["replay", str(tmp_path)]) == 0
