"""The system under test neither raises, nor hangs, nor ends its process.

The harness notices these itself: each check is given a description of what happened.
"""

from collections.abc import Iterator

from workerfuzz.statemachine.properties.property import always, state_can_be_read

__all__ = ["every_call_returns", "no_handler_raises", "process_survives", "state_can_be_read"]


@always("No event that can happen makes the worker raise, or go in circles (R12, R17).")
def no_handler_raises(error: str) -> Iterator[str]:
    yield error


@always("What happens to a participant comes to an end.")
def every_call_returns(duration: str) -> Iterator[str]:
    yield duration


@always("Nothing that happens ends the process, or takes all of its memory.")
def process_survives(death: str) -> Iterator[str]:
    yield death
