"""The ``config:`` of a case: options of a worker and its resources, where not the default."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from workerfuzz.harness.cases.case import CaseError
from workerfuzz.harness.cases.spelling import close_to
from workerfuzz.statemachine.config import WorkerConfig
from workerfuzz.strategies import text
from workerfuzz.strategies.text import BadText

#: Options by their name in cases: the field, and the least value that makes sense.
OPTIONS: Final[Mapping[str, tuple[str, int]]] = MappingProxyType(
    {
        "nthreads": ("nthreads", 1),
        "suspicious-limit": ("suspicious_limit", 1),
        "transfer-count": ("transfer_count", 1),
        "transfer-throttle": ("transfer_throttle_nbytes", 0),
        "transfer-incoming": ("transfer_incoming_nbytes", 1),
        "transfer-message": ("transfer_message_nbytes", 1),
    }
)

_AMOUNT: Final = re.compile(r"[0-9]{1,15}(\.[0-9]{1,9})?")


def parse_config(value: str, number: int) -> WorkerConfig:
    """``nthreads=2 cpu=4``: a name that is no option is a resource."""
    try:
        given = text.options(value.split())
        options = {OPTIONS[name][0]: option(name, given[name]) for name in given if name in OPTIONS}
        resources = {name: amount(name, given[name]) for name in given if name not in OPTIONS}
    except BadText as error:
        raise CaseError(str(error), number) from None
    return WorkerConfig(**options, resources=dict(sorted(resources.items())))


def option(name: str, value: str) -> int:
    found = text.number(value, name)
    least = OPTIONS[name][1]
    if found < least:
        raise BadText(f"{name} is at least {least}, not {found}")
    return found


def amount(name: str, value: str) -> float:
    """How much of a resource a worker has."""
    meant = close_to(name, OPTIONS)
    if meant is not None:
        raise BadText(f'"{name}" would be a resource; did you mean "{meant}"?')
    if not _AMOUNT.fullmatch(value) or float(value) == 0:
        raise BadText(f'resource {name} must be a positive amount, not "{value}"')
    return float(value)


def format_config(config: WorkerConfig) -> str:
    """What differs from the default; empty where nothing does."""
    default = WorkerConfig()
    options = {
        name: getattr(config, attribute)
        for name, (attribute, _) in OPTIONS.items()
        if getattr(config, attribute) != getattr(default, attribute)
    }
    threads = {"nthreads": options.pop("nthreads")} if "nthreads" in options else {}
    written: dict[str, Any] = {**threads, **dict(sorted(config.resources.items())), **options}
    return " ".join(f"{name}={plain(value)}" for name, value in written.items())


def plain(value: float) -> str:
    """``4.0`` as ``4``."""
    return str(int(value)) if value == int(value) else f"{value:.9f}".rstrip("0")
