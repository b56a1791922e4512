"""Text files: read with an error of one line, written whole or not at all; and their lines."""

import os
import stat
import textwrap
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from workerfuzz.harness.cases.format.case import CaseError, NumberedLine

#: A larger file is no case; it is not read.
MOST_NBYTES: Final = 1 << 20


def read(path: Path) -> str:
    """The text of a file, as it is; raises CaseError where it cannot be a case."""
    raw = read_bytes(path)
    if not raw:
        raise CaseError("the file is empty", path=path)
    if b"\0" in raw:
        raise CaseError("a binary file; a case is text", path=path)
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        found = f"byte 0x{raw[error.start]:02x}"
        raise CaseError(f"not UTF-8: {found} cannot stand there", line, path) from None
    if text.startswith("\ufeff"):
        raise CaseError("starts with a byte order mark; expected plain UTF-8", 1, path)
    return text


def read_bytes(path: Path) -> bytes:
    """At most ``MOST_NBYTES``; does not wait where the file is a pipe or a device."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise CaseError(reason(error), path=path) from None
    try:
        status = os.fstat(descriptor)
        if stat.S_ISDIR(status.st_mode):
            raise CaseError("a directory; expected a file", path=path)
        if not stat.S_ISREG(status.st_mode):
            raise CaseError("not a regular file", path=path)
        if status.st_size > MOST_NBYTES:
            raise CaseError(
                f"{status.st_size:,} bytes; a case has at most {MOST_NBYTES:,}", path=path
            )
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            return file.read(MOST_NBYTES)
    except OSError as error:
        raise CaseError(reason(error), path=path) from None
    finally:
        os.close(descriptor)


def reason(error: OSError) -> str:
    """``Permission denied`` as ``permission denied``."""
    text = error.strerror or str(error)
    return text[:1].lower() + text[1:]


def case_files(paths: Iterable[Path]) -> Iterator[Path]:
    """The files as they are given; for a folder all ``*.case`` below it, sorted, each file once."""
    seen: set[Path] = set()
    for path in paths:
        found = sorted(below(path)) if path.is_dir() else [path]
        if not found:
            raise CaseError("no *.case file is in this folder", path=path)
        yield from (one for one in found if one not in seen)
        seen.update(found)


def below(folder: Path) -> Iterator[Path]:
    """Cases in a folder and its folders, hidden ones and links not followed."""
    for parent, folders, names in os.walk(folder, onerror=unreadable):
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (Path(parent, name) for name in names if name.endswith(".case"))


def unreadable(error: OSError) -> None:
    raise CaseError(reason(error), path=error.filename)


def write(path: Path, text: str) -> None:
    """Replaces a file in one go: whoever looks sees the old text or the new one. Raises OSError."""
    path = Path(os.path.realpath(path))
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o666)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            if path.exists():
                os.fchmod(descriptor, path.stat().st_mode & 0o777)
            os.fsync(descriptor)
        temporary.replace(path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise
    sync(path.parent)


def sync(folder: Path) -> None:
    """The name survives a loss of power, too, where the file system can promise that."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


# Lines

#: No line is longer.
COLUMNS: Final = 96


#: A line that starts so goes on with the line above.
INDENT: Final = "    "


def joined(text: str) -> Iterator[NumberedLine]:
    """Lines with their continuations, words separated by one space; comments keep their spaces."""
    parts: list[str] = []
    start = 0
    for number, raw in enumerate(text.rstrip("\n").split("\n"), start=1):
        check_characters(raw, number)
        line = raw.rstrip()
        if line[:1] not in (" ", "\t"):
            if parts:
                yield NumberedLine(" ".join(parts), start)
            parts, start = [line if line.startswith("#") else one_spaced(line)], number
        elif not parts or not parts[0] or parts[0].startswith("#"):
            above = "a comment" if parts and parts[0] else "nothing"
            raise CaseError(f"an indented line goes on with the one above: {above}", number)
        else:
            parts.append(one_spaced(line))
    yield NumberedLine(" ".join(parts), start)


def one_spaced(line: str) -> str:
    return " ".join(line.split())


def check_characters(line: str, number: int) -> None:
    """Refuses what a terminal would not show, or would obey, and words that fit on no line."""
    for column, character in enumerate(line, start=1):
        if not character.isprintable() and character != "\t":
            raise CaseError(f"character U+{ord(character):04X} in column {column}", number)
    if line.startswith("#"):
        return
    for word in line.split():
        if len(word) > COLUMNS - len(INDENT):
            raise CaseError(
                f"a word of {len(word)} columns; a line has at most {COLUMNS}, "
                "and words are not split",
                number,
            )


def check_width(text: str) -> None:
    for number, line in enumerate(text.split("\n"), start=1):
        if len(line) > COLUMNS:
            raise CaseError(
                f"{len(line)} columns, at most {COLUMNS} are allowed; "
                "go on in the next line, indented by four spaces",
                number,
            )


def wrapped(line: str) -> list[str]:
    """A line as a file has it: one line, or more where it is too long."""
    comment = line.startswith("#")
    if len(line) <= COLUMNS:
        return [line]
    return textwrap.wrap(
        line,
        COLUMNS,
        subsequent_indent="# " if comment else INDENT,
        break_long_words=comment,
        break_on_hyphens=False,
    )
