"""What a client wishes, as calls of the scheduler: those that its messages and requests lead to."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from workerfuzz.harness.subjects.dask.cluster import graphs
from workerfuzz.harness.subjects.dask.cluster.releases import ClusterRelease
from workerfuzz.harness.subjects.dask.names import Name, address, named
from workerfuzz.statemachine.scheduler import client_requests

#: What a value weighs that nobody weighed.
NBYTES: Final = 1


class Wishes:
    """Fulfils them, one method each.

    Args:
        nbytes: size of a value on a worker, in bytes.
    """

    def __init__(
        self, release: ClusterRelease, scheduler: Any, nbytes: Callable[[str, str], int]
    ) -> None:
        self.release = release
        self.scheduler = scheduler
        self.nbytes = nbytes

    def submit(self, client: str, wish: client_requests.Submit) -> Any:
        release = self.release
        arguments = graphs.arguments(
            release.submits, release.graph_takes, client, wish, release.content
        )
        return self.scheduler.update_graph(**arguments)

    def let_go(self, client: str, wish: client_requests.Release) -> Any:
        return self.scheduler.client_releases_keys(keys=_names(wish.keys), client=client)

    def cancel(self, client: str, wish: client_requests.Cancel) -> Any:
        details = {"reason": None, "msg": None}
        known = {name: it for name, it in details.items() if name in self.release.cancels}
        return self.scheduler.stimulus_cancel(
            keys=_names(wish.keys), client=client, force=wish.force, **known
        )

    def retry(self, client: str, wish: client_requests.Retry) -> Any:
        return self.scheduler.stimulus_retry(keys=_names(wish.keys), client=client)

    def scattered(self, client: str, wish: client_requests.Scattered) -> Any:
        return self.scheduler.update_data(
            who_has={named(key): list(map(address, them)) for key, them in wish.who_has.items()},
            nbytes={named(key): self.nbytes(key, them[0]) for key, them in wish.who_has.items()},
            client=client,
        )


#: By the kind of wish.
FULFIL: Final[Mapping[type[client_requests.ClientRequest], Callable[[Wishes, str, Any], Any]]] = (
    MappingProxyType(
        {
            client_requests.Submit: Wishes.submit,
            client_requests.Release: Wishes.let_go,
            client_requests.Cancel: Wishes.cancel,
            client_requests.Retry: Wishes.retry,
            client_requests.Scattered: Wishes.scattered,
        }
    )
)


def _names(keys: tuple[str, ...]) -> list[Name]:
    return list(map(named, keys))
