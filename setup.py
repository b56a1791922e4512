"""Keeps a build from going wrong in silence; everything else is in pyproject.toml.

A checkout without symlinks has four small text files where the packages should be. And setuptools
builds in a folder that it never empties: what was renamed or deleted would stay in the wheel.
"""

import tempfile
from pathlib import Path

from setuptools import setup

PACKAGE = Path(__file__).resolve().parent / "src" / "workerfuzz"
LINKED = ("harness", "regressions", "statemachine", "strategies")

for name in LINKED:
    if not (PACKAGE / name).is_dir():
        raise SystemExit(
            f"workerfuzz: src/workerfuzz/{name} is not a folder: this checkout has no symlinks; "
            "clone again on Linux or macOS with `git clone -c core.symlinks=true`."
        )

with tempfile.TemporaryDirectory(prefix="workerfuzz-build-") as build_base:
    setup(options={"build": {"build_base": build_base}})
