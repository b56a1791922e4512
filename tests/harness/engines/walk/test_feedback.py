"""Feedback: what a run is the first to reach, as text."""

import pytest

from workerfuzz.harness.engines.walk import feedback as module
from workerfuzz.harness.engines.walk.feedback import (
    ClusterFeedback,
    Feedback,
    WorkerFeedback,
    features,
)
from workerfuzz.harness.subjects import get_cluster
from workerfuzz.harness.subjects.reference.worker import ReferenceSubject
from workerfuzz.harness.worlds.scopes import CLUSTER, WORKER
from workerfuzz.strategies.cluster import BY_WORD
from workerfuzz.strategies.cluster.run_config import ClusterRunConfig
from workerfuzz.strategies.worker import parse
from workerfuzz.strategies.worker.run_config import RunConfig


def of_worker(feedback: Feedback, *lines: str) -> Feedback:
    feedback.begin()
    world = WORKER.open(ReferenceSubject(), RunConfig(), observer=feedback.observe)
    for line in lines:
        world.apply(parse(line))
    world.finish()
    return feedback


def test_transitions_chains_of_a_key_and_of_a_step_are_features() -> None:
    passages = [("x", "a", "b"), ("y", "a", "b"), ("x", "b", "c")]
    assert [*dict.fromkeys(features("go", passages))] == [
        "go: a -> b", "go: b -> c", "go: a -> b -> c", "go: a -> b; b -> c",
    ]  # fmt: skip


def test_a_feature_is_fresh_once() -> None:
    feedback = of_worker(WorkerFeedback(), "compute-task x", "free-keys x", "find-missing")
    assert feedback.fresh == [
        "compute-task: released -> waiting",
        "compute-task: waiting -> ready",
        "compute-task: ready -> executing",
        "compute-task: released -> waiting -> ready -> executing",
        "compute-task: released -> waiting; waiting -> ready; ready -> executing",
        "free-keys: executing -> cancelled",
        "cancelled holding executing, then nothing",
    ]
    assert feedback.depth == 2
    of_worker(feedback, "compute-task y", "free-keys y", "compute-task y")
    assert feedback.fresh == ["compute-task: cancelled -> executing"]
    assert feedback.depth == 3


def test_what_happens_at_rest_does_not_count() -> None:
    feedback = of_worker(WorkerFeedback(), "compute-task x")
    assert not [feature for feature in feedback.features if feature.startswith("execute-success")]


def test_what_is_remembered_of_chains_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_SEEN", 2)
    feedback = WorkerFeedback()
    assert [feedback.is_seen(name) for name in "aabcca"] == [False, True, False, False, True, False]
    assert len(feedback._seen) == 2


def test_in_a_cluster_the_scheduler_has_features_of_its_own() -> None:
    feedback = ClusterFeedback()
    feedback.begin()
    world = CLUSTER.open(get_cluster("reference"), ClusterRunConfig(), observer=feedback.observe)
    for line in ("submit c0 a want a", "deliver c0->scheduler", "deliver scheduler->w0"):
        world.apply(parse(line, BY_WORD))
    world.close()
    assert "deliver: scheduler waiting -> processing" in feedback.fresh
    assert "deliver: ready -> executing" in feedback.fresh
    assert feedback.depth == 3
