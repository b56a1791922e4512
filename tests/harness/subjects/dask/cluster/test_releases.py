"""Releases that can run as a whole cluster, and messages about all others."""

import importlib
import importlib.util
from types import SimpleNamespace
from typing import Any

import pytest

from workerfuzz.harness.subjects.dask.cluster.cluster import DaskClusterSystem
from workerfuzz.harness.subjects.dask.cluster.releases import release_of
from workerfuzz.harness.subjects.dask.releases import installed
from workerfuzz.harness.subjects.protocol import SubjectUnavailable

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("distributed") is None,
    reason='needs distributed: pip install "workerfuzz[dask]"',
)


def said(**changes: Any) -> str:
    """Of the installed scheduler, changed; None takes away."""
    scheduler = importlib.import_module("distributed.scheduler")
    names = {**vars(scheduler), **changes}
    module = SimpleNamespace(**{name: value for name, value in names.items() if value is not None})
    stealing = importlib.import_module("distributed.stealing")
    with pytest.raises(SubjectUnavailable) as caught:
        release_of(installed(), module, stealing)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def scheduler_with(**methods: Any) -> Any:
    base = importlib.import_module("distributed.scheduler").Scheduler
    return type("Scheduler", (base,), methods)


def test_the_installed_release_is_known() -> None:
    import distributed

    assert DaskClusterSystem().version() == distributed.__version__
    assert DaskClusterSystem().cannot() == {}


@pytest.mark.parametrize("name", ["Scheduler", "BatchedSend", "TaskState"])
def test_what_the_module_lacks_is_named(name: str) -> None:
    assert f"there is no scheduler.{name}" in said(**{name: None})


def test_a_method_that_is_gone_is_named() -> None:
    class Scheduler:
        """Something else by now."""

    assert "Scheduler has no add_worker" in said(Scheduler=Scheduler)


def test_another_way_to_submit_is_named() -> None:
    def update_graph(self: Any, client: str, letter: str) -> None: ...

    said_of_it = said(Scheduler=scheduler_with(update_graph=update_graph))
    assert "update_graph takes client, letter, self" in said_of_it


def test_what_else_a_worker_must_bring_is_named() -> None:
    async def add_worker(self: Any, comm: Any, *, address: str, passport: str) -> None: ...

    said_of_it = said(Scheduler=scheduler_with(add_worker=add_worker))
    assert "add_worker needs an unknown argument passport" in said_of_it
