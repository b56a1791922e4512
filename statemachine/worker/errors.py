"""Errors of the state machine, each with the side at fault.

After any of these the worker is as it was before the event (requirement D5).
"""


class StateMachineError(Exception):
    """Base of everything that the state machine raises on purpose."""


class InvalidEvent(StateMachineError):
    """The event cannot have happened to this worker: its sender is at fault."""


class InvalidTransition(StateMachineError):
    """A pair of states has no row in the table, directly or through released: our fault."""


class ContradictoryRecommendations(StateMachineError):
    """Two different states were recommended for one task in one round: our fault."""


class TransitionsDoNotEnd(StateMachineError):
    """One event caused more transitions than any event should: our fault."""
