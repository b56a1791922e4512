"""A night fuzzes every subject that is to be had, at every scope that it has."""

from typing import Any

import pytest

from workerfuzz import __version__
from workerfuzz.harness.campaigns.plan import targets as module
from workerfuzz.harness.campaigns.plan.targets import Target, targets
from workerfuzz.harness.subjects.protocol import SubjectUnavailable

WORKER, CLUSTER = Target("reference", "worker"), Target("reference", "cluster")


class Subject:
    """Of the only version there is."""

    def version(self) -> str:
        return "7"


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside the reference: dask, and a worker of somebody's own without a scheduler."""
    system: Any = module.system

    def at_scope(name: str, scope: str) -> Any:
        match name, scope:
            case "own", "worker":
                return Subject()
            case "own", _:
                raise SubjectUnavailable('subject "own" has no scheduler')
            case "dask", "cluster" | "process":
                return Subject()
        return system(name, scope)

    monkeypatch.setattr(module, "names", lambda: ("reference", "dask", "own"))
    monkeypatch.setattr(module, "system", at_scope)


@pytest.mark.usefixtures("installed")
def test_everything_that_is_installed_is_fuzzed() -> None:
    assert targets() == {
        WORKER: __version__,
        CLUSTER: __version__,
        Target("dask", "cluster"): "7",
        Target("dask", "process"): "7",
        Target("own", "worker"): "7",
    }


@pytest.mark.usefixtures("installed")
def test_what_is_named_is_fuzzed_alone() -> None:
    assert list(targets(["reference", "reference"])) == [WORKER, CLUSTER]
    assert list(targets(["reference"], "cluster")) == [CLUSTER]
    assert list(targets([], "worker")) == [WORKER, Target("own", "worker")]


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(
    ("name", "scope", "why"),
    [
        ("dask", "worker", "a dask worker trusts its scheduler"),
        ("own", "cluster", 'subject "own" has no scheduler'),
        ("refrence", None, 'unknown subject "refrence"; did you mean "reference"?'),
    ],
)
def test_what_is_named_and_cannot_be_had_is_refused(name: str, scope: str | None, why: str) -> None:
    with pytest.raises(SubjectUnavailable) as raised:
        targets([name], scope)
    assert str(raised.value).startswith(why)
