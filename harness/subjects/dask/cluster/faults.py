"""Whose fault an exception is that came out of a call of Dask."""

from typing import Final, NoReturn

from workerfuzz.harness.subjects.dask.failures import describe
from workerfuzz.harness.subjects.protocol import SubjectRaised

_OURS: Final = "workerfuzz."
_DASKS: Final = ("distributed.", "dask.")


def blame(error: Exception) -> NoReturn:
    """Raises SubjectRaised where Dask raised, and the exception itself where we did.

    Dask calls code of ours in places, and both call other libraries: what counts is who was the last
    of us two to call anything.
    """
    if isinstance(error, SubjectRaised):
        raise error
    ours = True
    trace = error.__traceback__
    while trace is not None:
        name = str(trace.tb_frame.f_globals.get("__name__"))
        if name.startswith(_OURS):
            ours = True
        elif name.startswith(_DASKS):
            ours = False
        trace = trace.tb_next
    if ours:
        raise error
    raise SubjectRaised(describe(error)) from error
