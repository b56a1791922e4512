"""Resource limits of a process: memory, CPU time, core dumps, and its end with its parent."""

import ctypes
import math
import os
import resource
import signal
import sys
from pathlib import Path
from typing import Final

#: Of ``prctl``: the signal that comes when the parent dies. Linux has it.
PR_SET_PDEATHSIG: Final = 1


def end_with(parent: int) -> None:
    """This process dies when the one that started it does, where the system can promise that."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def leave_no_core() -> None:
    """A crash is expected here; nobody wants a dump of the memory in the folder they are in."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))


def limit_memory(nbytes: int | None) -> None:
    """So much more than it takes now; then allocations fail. Where nobody counts, nothing happens."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    except OSError:
        return
    if nbytes is not None:
        limit = pages * resource.getpagesize() + nbytes
        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        if hard != resource.RLIM_INFINITY:
            limit = min(limit, hard)
        resource.setrlimit(resource.RLIMIT_AS, (limit, hard))


#: Signals with which too much CPU time ends a process.
TOO_LONG: Final = (signal.SIGVTALRM, signal.SIGXCPU)


def limit_cpu(seconds: float) -> None:
    """After so much CPU time one of ``TOO_LONG`` ends the process, wherever it is.

    Time in the system is counted less exactly than that in the process itself.
    """
    signal.signal(signal.SIGVTALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    used = resource.getrusage(resource.RUSAGE_SELF)
    limit = math.ceil(used.ru_utime + used.ru_stime + seconds) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.getrlimit(resource.RLIMIT_CPU)[1]))


def cpu_s(process: int) -> float:
    """CPU time that another process took so far, in seconds; 0 where it cannot be known."""
    try:
        stat = Path(f"/proc/{process}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return 0.0
    user, system = stat.rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
