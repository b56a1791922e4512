"""Reading a dump piece by piece, so that what nobody asks for is skipped and never in memory.

A dump of a large cluster is a gigabyte, most of it the same again for each worker (2026.8.0 writes the
transition log once more below every worker). Nothing in a file is executed: msgpack and YAML are read
as plain data, whatever tags they have.
"""

import gzip
import io
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Final, Protocol, TypeVar

import msgpack
import msgspec
import yaml

T = TypeVar("T")

#: First bytes of what gzip writes.
GZIP: Final = b"\x1f\x8b"

#: Bytes of a dump, unpacked, that are read unless more are asked for.
MOST_NBYTES: Final = 2**30

#: Bytes that are unpacked at a time.
CHUNK: Final = 2**20


class DumpError(Exception):
    """A dump that cannot be read: a file or a cluster, and what is wrong with it, in one line."""


class Node(Protocol):
    """A value somewhere in a dump. It is read once, in one of these ways, before the next one."""

    def fields(self) -> Iterator[tuple[object, "Node"]]:
        """Yield the items of a mapping. Raises DumpError where it is none."""

    def items(self) -> Iterator["Node"]:
        """Yield the items of a list. Raises DumpError where it is none."""

    def value(self) -> object:
        """Return it whole."""

    def is_mapping(self) -> bool:
        """It is a mapping; only ``fields`` may follow then, and only ``value`` otherwise."""


class PlainNode:
    """A value that is in memory."""

    __slots__ = ("_value",)

    def __init__(self, value: object) -> None:
        self._value = value

    def fields(self) -> Iterator[tuple[object, Node]]:
        if not isinstance(self._value, dict):
            raise DumpError(f"expected a mapping, found {type(self._value).__name__}")
        for key, value in self._value.items():
            yield key, PlainNode(value)

    def items(self) -> Iterator[Node]:
        if not isinstance(self._value, list | tuple):
            raise DumpError(f"expected a list, found {type(self._value).__name__}")
        yield from map(PlainNode, self._value)

    def value(self) -> object:
        return self._value

    def is_mapping(self) -> bool:
        return isinstance(self._value, dict)


class PackedNode:
    """The next value of a stream of msgpack."""

    __slots__ = ("_count", "_is_read", "_unpacker")

    def __init__(self, unpacker: "msgpack.Unpacker") -> None:
        self._unpacker = unpacker
        self._is_read = False
        self._count: int | None = None

    def fields(self) -> Iterator[tuple[object, Node]]:
        if not self.is_mapping():
            raise DumpError(f"expected a mapping, found {type(self.value()).__name__}")
        self._is_read = True
        for _ in range(self._count or 0):
            key = self._unpacker.unpack()
            node = PackedNode(self._unpacker)
            yield key, node
            node.skip()

    def items(self) -> Iterator[Node]:
        self._is_read = True
        try:
            count = self._unpacker.read_array_header()
        except ValueError:
            raise DumpError("expected a list, found something else") from None
        for _ in range(count):
            node = PackedNode(self._unpacker)
            yield node
            node.skip()

    def value(self) -> object:
        self._is_read = True
        return self._unpacker.unpack()

    def is_mapping(self) -> bool:
        if self._count is None:
            try:
                self._count = int(self._unpacker.read_map_header())
            except ValueError:
                return False  # the stream stays where it was
        return True

    def skip(self) -> None:
        if not self._is_read:
            self._is_read = True
            if self._count is None:
                self._unpacker.skip()
            else:
                for _ in range(2 * self._count):
                    self._unpacker.skip()


class Limited(io.RawIOBase):
    """A stream of which no more than so much is read. Raises DumpError beyond."""

    def __init__(self, stream: IO[bytes] | gzip.GzipFile, most_nbytes: int) -> None:
        self._stream = stream
        self._most = most_nbytes
        self._read = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes, as many as are asked for or less."""
        found = self._stream.read(min(size, CHUNK) if size >= 0 else CHUNK)
        self._read += len(found)
        if self._read > self._most:
            raise DumpError(
                f"more than {in_mib(self._most)} unpacked; --max-size 4GiB reads up to so much"
            )
        return found


def in_mib(nbytes: int) -> str:
    """``1 GiB`` or ``300 MiB``."""
    return f"{nbytes // 2**30} GiB" if nbytes % 2**30 == 0 else f"{nbytes / 2**20:.3g} MiB"


def read_file(path: Path, read: Callable[[Node], T], most_nbytes: int = MOST_NBYTES) -> T:
    """Read a dump. The format is told by its first bytes, whatever the file is called.

    Raises:
        DumpError: in one line, with the path.
    """
    try:
        with path.open("rb") as file:
            if path.is_dir() or not (first := file.read(2)):
                raise DumpError("the file is empty; expected a dump of Client.dump_cluster_state()")
            file.seek(0)
            if first != GZIP:
                return read_stream(file, read, most_nbytes)
            with gzip.GzipFile(fileobj=file) as unpacked:
                return read_stream(unpacked, read, most_nbytes)
    except DumpError as error:
        raise DumpError(f"{path}: {error}") from None
    except msgspec.ValidationError as error:
        raise DumpError(f"{path}: not a dump of a cluster of Dask: {one_line(error)}") from None
    except (EOFError, msgpack.OutOfData):
        raise DumpError(
            f"{path}: the dump is cut off; copy the file again, or dump again"
        ) from None
    except OSError as error:
        damaged = isinstance(error, gzip.BadGzipFile)
        text = "damaged: " + str(error) if damaged else error.strerror or str(error)
        raise DumpError(f"{path}: {text}") from None
    except (zlib.error, yaml.YAMLError, ValueError, RecursionError) as error:
        text = f"{type(error).__name__}: {one_line(error)}" if str(error) else type(error).__name__
        raise DumpError(f"{path}: not a dump of a cluster of Dask ({text})") from None


def one_line(error: Exception) -> str:
    """Return the message of a library in one line that is not too long."""
    text = " ".join(str(error).split())
    return text if len(text) <= 160 else f"{text[:157]}..."


def read_stream(
    stream: IO[bytes] | gzip.GzipFile, read: Callable[[Node], T], most_nbytes: int
) -> T:
    first = stream.read(1)
    stream.seek(0)
    limited = Limited(stream, most_nbytes)
    if not first:
        raise DumpError("the file is empty; expected a dump of Client.dump_cluster_state()")
    if not is_packed_mapping(first[0]):
        return read(PlainNode(yaml.load(limited, Loader=SafeLoader)))  # noqa: S506 - it is safe
    unpacker = msgpack.Unpacker(
        limited,
        raw=False,
        strict_map_key=False,
        unicode_errors="backslashreplace",
        max_buffer_size=most_nbytes,
    )
    return read(PackedNode(unpacker))


#: The fast one of the two that construct plain data alone, where it was built.
SafeLoader: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def is_packed_mapping(byte: int) -> bool:
    """Return whether a value of msgpack that begins with this byte is a mapping."""
    return 0x80 <= byte <= 0x8F or byte in {0xDE, 0xDF}
