"""Names of keys, workers and clients in a dump, each brought to one spelling.

A dump has a key that is a tuple in three spellings: ``['x', 0]`` as text where it is the key of a
mapping, a list where it is a value, and ``('x', 0)`` within the representation of a task. Strings, and
the tuples of old releases, which were strings as well, have one. Here a key is always the text that
``str`` makes of it.

Source: distributed 2026.8.0, utils.py, recursive_to_dict; scheduler.py, TaskState.__repr__.
"""

import ast
import re
from collections.abc import Iterable, Mapping
from typing import Final

#: Deeper nesting of a key is shown as its representation.
MOST_NESTED: Final = 8

#: ``<TaskState 'x' memory>``; since a key may hold anything, the state is what follows its last blank.
_TASK: Final = re.compile(r"<(?:Worker)?Task(?:State)? (.*) ([^ ]+)>", re.DOTALL)

#: ``<WorkerState 'tcp://10.0.0.1:80', name: 0, ...>`` and ``<Client 'Client-1'>``.
_PARTICIPANT: Final = re.compile(
    r"<(?:WorkerState|Client(?:State)?) (\"[^\"]*\"|'[^']*')", re.DOTALL
)


def key_text(raw: object) -> str:
    """Return the one spelling of a key that stands as a value."""
    return raw if isinstance(raw, str) else str(as_tuple(raw))


def as_tuple(raw: object, depth: int = 0) -> object:
    """Return a key as it was: lists are the tuples of a dump."""
    if isinstance(raw, list | tuple) and depth < MOST_NESTED:
        return tuple(as_tuple(item, depth + 1) for item in raw)
    return raw


def mapped_text(raw: object) -> str:
    """Return the spelling of a key where it is the key of a mapping."""
    return str(raw) if not isinstance(raw, list | tuple) else str(as_list(raw))


def as_list(raw: object, depth: int = 0) -> object:
    if isinstance(raw, list | tuple) and depth < MOST_NESTED:
        return [as_list(item, depth + 1) for item in raw]
    return raw


def task_text(shown: object) -> str:
    """Return the key in the representation of a task; what is none stays as it is."""
    match = _TASK.fullmatch(shown) if isinstance(shown, str) else None
    return unquoted(match[1]) if match else key_text(shown)


def participant_text(shown: object) -> str:
    """Return the address or name in the representation of a worker or client."""
    match = _PARTICIPANT.match(shown) if isinstance(shown, str) else None
    return unquoted(match[1]) if match else key_text(shown)


def unquoted(shown: str) -> str:
    """Return the text that a representation stands for; of anything but a text, itself."""
    if shown[:1] not in {"'", '"'}:
        return shown
    if "\\" not in shown:
        return shown[1:-1]
    try:
        return str(ast.literal_eval(shown))
    except (SyntaxError, ValueError, MemoryError):
        return shown


class Spellings:
    """Keys by their spelling in mappings, learned from records that tell both."""

    __slots__ = ("_by_mapped",)

    def __init__(self) -> None:
        self._by_mapped: dict[str, str] = {}

    def learn(self, raw: object) -> str:
        """Return the one spelling of a key, and know its other one from now on."""
        text = key_text(raw)
        if not isinstance(raw, str):
            self._by_mapped[mapped_text(raw)] = text
        return text

    def of_mapping(self, raw: object) -> str:
        """Return the one spelling of the key of a mapping."""
        return self._by_mapped.get(mapped_text(raw), mapped_text(raw))

    def of_mappings(self, raws: Iterable[object]) -> tuple[str, ...]:
        return tuple(map(self.of_mapping, raws))


def printable(text: str) -> str:
    """Return a text of a dump for a terminal: one line, in which nothing steers the terminal."""
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in text
    )


class Labels:
    """Short names of workers, and what each is short for."""

    __slots__ = ("_labels",)

    def __init__(self, names: Mapping[str, object]) -> None:
        """Choose them.

        Args:
            names: the name that each worker was given, by address.
        """
        self._labels: dict[str, str] = {}
        taken: dict[str, None] = {}
        for address, name in names.items():
            label = f"w{name}" if isinstance(name, int) else str(name or address)
            if label in taken or label in {address, "scheduler"}:
                label = address.partition("://")[2] or address
            taken[label] = None
            self._labels[address] = label

    def __getitem__(self, address: str) -> str:
        return self._labels.get(address, address)

    def listed(self, addresses: Iterable[str]) -> str:
        """Return some of them in words."""
        return ", ".join(self[address] for address in addresses) or "nobody"
