"""Reasons for which a request of a client may end otherwise than with its value, or not at all."""

import enum


class Excuse(enum.StrEnum):
    """One reason, which the environment has seen itself. The value is its sentence."""

    CANCELLED = (
        "the scheduler got a cancellation of the key, or of something that it rests on, by the same "
        "client or by another one with force, after it had got the request"
    )
    UNKNOWN_INPUT = (
        "when the graph arrived, an input that is not part of it was wanted by no client whose "
        "request had arrived, or it rests on a scattered value that is lost"
    )
    DATA_LOST = (
        "it rests on a scattered value whose last holder was noticed to be dead, or that every "
        "client has released"
    )
    NO_WORKER = "it rests on a task that waits for a worker, and none that is there may run it"
    FAILED = (
        "a task that it rests on failed, or its result could not be stored, or a copy not be read"
    )
    DEATHS = "workers died while they had a task that it rests on, more often than is allowed"
    ACTOR_DIED = "it rests on an actor whose worker was noticed to be dead"
