"""The model of a live cluster: of that part of it that concerns keys which are not there."""

from typing import Final

from workerfuzz.harness.diagnose.model import ClusterDump
from workerfuzz.harness.diagnose.nodes import DumpError, PlainNode
from workerfuzz.harness.diagnose.reading import cluster_dump

#: Seconds after which those that have not answered are named.
TIME_LIMIT_S: Final = 20.0


def is_address(source: str) -> bool:
    """Return whether something names a scheduler and no file."""
    protocol, separator, rest = source.partition("://")
    return bool(separator and rest) and protocol.isalnum()


def read_cluster(address: str, time_limit_s: float = TIME_LIMIT_S) -> ClusterDump:
    """Read a live cluster. Raises DumpError."""
    try:
        from workerfuzz.harness.subjects.dask.live_cluster import ClusterUnreachable, read_live
    except ImportError as error:
        raise DumpError(f"{address}: distributed is needed to ask a cluster: {error}") from None
    try:
        plain = read_live(address, time_limit_s)
    except ClusterUnreachable as error:
        raise DumpError(f"{address}: {error}") from None
    dump = cluster_dump(PlainNode(plain), address)
    dump.is_partial = True
    return dump
