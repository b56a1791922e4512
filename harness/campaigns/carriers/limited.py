"""What a process may take of the machine it is on, and with whom it ends."""

import ctypes
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


def limit_cpu(seconds: int) -> None:
    """After so many seconds of CPU from now the process gets SIGXCPU, which ends it wherever it is."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    limit = int(used.ru_utime + used.ru_stime) + max(seconds, 1)
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (limit, hard))


def cpu_s(process: int) -> float:
    """CPU time that another process took so far, in seconds; 0 where it cannot be known."""
    try:
        stat = Path(f"/proc/{process}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return 0.0
    user, system = stat.rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
