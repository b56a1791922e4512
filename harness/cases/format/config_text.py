"""The ``config:`` of a case: options of a worker or a cluster, and resources; where not the default."""

import math
import re
from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Any, Final

from workerfuzz.harness.cases.format.case import CaseError
from workerfuzz.harness.cases.format.spelling import close_to
from workerfuzz.statemachine.worker.config import WorkerConfig
from workerfuzz.strategies import text
from workerfuzz.strategies.cluster.run_config import ClusterConfig
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

#: Options of a cluster, the same way.
CLUSTER_OPTIONS: Final[Mapping[str, tuple[str, int]]] = MappingProxyType(
    {"workers": ("workers", 1), "allowed-failures": ("allowed_failures", 0)}
)

#: Options of a cluster that have a few values: the field, and what each is called.
CHOICES: Final[Mapping[str, tuple[str, Mapping[str, float | bool]]]] = MappingProxyType(
    {
        "saturation": ("saturation", {"1.1": 1.1, "inf": math.inf}),
        "validate": ("validate", {"on": True, "off": False}),
    }
)

_AMOUNT: Final = re.compile(r"[0-9]{1,15}(\.[0-9]{1,9})?")


def parse_config(value: str, number: int, scope: str = "worker") -> WorkerConfig | ClusterConfig:
    """``nthreads=2 cpu=4``: a name that is no option is a resource."""
    try:
        given = dict(text.options(value.split()))
        of_cluster = take_cluster_options(given) if scope != "worker" else None
        options = {
            OPTIONS[name][0]: option(name, given[name], OPTIONS[name][1])
            for name in given
            if name in OPTIONS
        }
        known = OPTIONS if of_cluster is None else {**OPTIONS, **CLUSTER_OPTIONS, **CHOICES}
        resources = {
            name: amount(name, given[name], known) for name in given if name not in OPTIONS
        }
    except BadText as error:
        raise CaseError(str(error), number) from None
    worker = WorkerConfig(**options, resources=dict(sorted(resources.items())))
    return worker if of_cluster is None else ClusterConfig(worker=worker, **of_cluster)


def take_cluster_options(given: dict[str, str]) -> dict[str, Any]:
    """Remove and return the options of the cluster; those of its workers stay."""
    found: dict[str, Any] = {}
    for name, (attribute, least) in CLUSTER_OPTIONS.items():
        if name in given:
            found[attribute] = option(name, given.pop(name), least)
    for name, (attribute, values) in CHOICES.items():
        if name in given:
            value = given.pop(name)
            if value not in values:
                raise BadText(f'{name} is one of {", ".join(values)}, not "{value}"')
            found[attribute] = values[value]
    return found


def option(name: str, value: str, least: int) -> int:
    found = text.number(value, name)
    if found < least:
        raise BadText(f"{name} is at least {least}, not {found}")
    return found


def amount(name: str, value: str, known: Collection[str]) -> float:
    """Parse the amount of a resource that a worker has."""
    meant = close_to(name, known)
    if meant is not None:
        raise BadText(f'"{name}" would be a resource; did you mean "{meant}"?')
    if not _AMOUNT.fullmatch(value) or float(value) == 0:
        raise BadText(f'resource {name} must be a positive amount, not "{value}"')
    return float(value)


def format_config(config: WorkerConfig | ClusterConfig) -> str:
    """Return the options that differ from the default, as text."""
    if isinstance(config, WorkerConfig):
        return format_worker(config)
    default = ClusterConfig()
    written = [
        f"{name}={getattr(config, attribute)}"
        for name, (attribute, _) in CLUSTER_OPTIONS.items()
        if getattr(config, attribute) != getattr(default, attribute)
    ]
    for name, (attribute, values) in CHOICES.items():
        value = getattr(config, attribute)
        if value != getattr(default, attribute):
            written.append(f"{name}={next(word for word in values if values[word] == value)}")
    return " ".join([*written, *filter(None, [format_worker(config.worker)])])


def format_worker(config: WorkerConfig) -> str:
    default = WorkerConfig()
    options = {
        name: getattr(config, attribute)
        for name, (attribute, _) in OPTIONS.items()
        if getattr(config, attribute) != getattr(default, attribute)
    }
    threads = {"nthreads": options.pop("nthreads")} if "nthreads" in options else {}
    written: dict[str, float] = {**threads, **dict(sorted(config.resources.items())), **options}
    return " ".join(f"{name}={plain(value)}" for name, value in written.items())


def plain(value: float) -> str:
    """``4.0`` as ``4``."""
    return str(int(value)) if value == int(value) else f"{value:.9f}".rstrip("0")
