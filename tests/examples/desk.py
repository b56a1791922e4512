"""A scheduler at whose desk examples lay messages, in few words."""

import re
from collections.abc import Sequence

from workerfuzz.statemachine.properties.property import CHECKS
from workerfuzz.statemachine.properties.schedule import due_in_scheduler
from workerfuzz.statemachine.properties.scheduler.records import SchedulerObservation
from workerfuzz.statemachine.scheduler import client_requests
from workerfuzz.statemachine.scheduler import messages as letters
from workerfuzz.statemachine.scheduler.client_requests import ClientNotice, Options
from workerfuzz.statemachine.scheduler.config import SchedulerConfig
from workerfuzz.statemachine.scheduler.machine import handle_message
from workerfuzz.statemachine.scheduler.scheduler_state import SchedulerState
from workerfuzz.statemachine.scheduler.task import SchedulerTask
from workerfuzz.statemachine.worker import events
from workerfuzz.statemachine.worker import instructions as do
from workerfuzz.statemachine.worker.config import WorkerConfig
from workerfuzz.statemachine.worker.task import TaskSpec


def spec(text: str) -> TaskSpec:
    """``spec("c#1(a,b)")``: c needs a and b; its content is 1."""
    key, content, needs = re.fullmatch(r"(\w+)(?:#(\d+))?(?:\((.*)\))?", text).groups()  # type: ignore[union-attr]  # tests write it right
    dependencies = tuple(needs.split(",")) if needs else ()
    return TaskSpec(key=key, dependencies=dependencies, run_spec=int(content or 0))


class Desk:
    """A scheduler with workers that do nothing but what the example says.

    Attributes:
        sent: what the last message made the scheduler say, in order.
    """

    def __init__(
        self,
        workers: int = 2,
        *,
        saturation: float = float("inf"),
        allowed_failures: int = 3,
        worker: WorkerConfig | None = None,
    ) -> None:
        self.scheduler = SchedulerState(
            SchedulerConfig(saturation=saturation, allowed_failures=allowed_failures)
        )
        self.sent: list[letters.SchedulerMessage] = []
        for number in range(workers):
            self.say(f"w{number}", letters.Join(config=worker or WorkerConfig()))

    # What arrives

    def say(self, sender: str, *messages: object) -> Sequence[letters.SchedulerMessage]:
        """Messages arrive, one after the other; every property is checked after each."""
        self.sent = []
        for message in messages:
            self.sent += handle_message(self.scheduler, sender, message)
            self.check()
        return self.sent

    def check(self) -> None:
        observation = SchedulerObservation(self.scheduler, list(self.scheduler.tasks.values()))
        assert list(CHECKS.broken(due_in_scheduler(observation, thoroughly=True))) == []

    def submit(
        self, *texts: str, want: str, client: str = "me", **options: Options
    ) -> Sequence[letters.SchedulerMessage]:
        specs = tuple(spec(text) for text in texts)
        request = client_requests.Submit(specs=specs, wanted=tuple(want.split()), options=options)
        return self.say(client, request)

    def release(self, *keys: str, client: str = "me") -> Sequence[letters.SchedulerMessage]:
        return self.say(client, client_requests.Release(keys=keys))

    def finish(self, *keys: str) -> Sequence[letters.SchedulerMessage]:
        """Each key is finished by the worker that was asked, under the run id it was asked with."""
        sent: list[letters.SchedulerMessage] = []
        for key in keys:
            task = self.task(key)
            assert task.processing_on is not None
            message = do.TaskFinished(key=key, run_id=task.run_id, nbytes=1)
            sent += self.say(task.processing_on, message)
        self.sent = sent
        return sent

    def fail(self, key: str, *, cause: str | None = None) -> Sequence[letters.SchedulerMessage]:
        task = self.task(key)
        assert task.processing_on is not None
        message = do.TaskErred(key=key, run_id=task.run_id, exception="boom", cause=cause)
        return self.say(task.processing_on, message)

    def confirm(self, *workers: str) -> Sequence[letters.SchedulerMessage]:
        """Workers answer every question that they were asked."""
        sent: list[letters.SchedulerMessage] = []
        for name in workers or tuple(self.scheduler.workers):
            for number in list(self.scheduler.workers[name].asked):
                sent += self.say(name, letters.Confirmed(number=number))
        self.sent = sent
        return sent

    # What is seen

    def task(self, key: str) -> SchedulerTask:
        return self.scheduler.tasks[key]

    def states(self) -> dict[str, str]:
        """State of every task, in order of keys; ``@`` and the worker that processes it."""
        tasks = sorted(self.scheduler.tasks.items())
        return {
            key: str(task.state) + (f"@{task.processing_on}" if task.processing_on else "")
            for key, task in tasks
        }

    def messages(self, receiver: str) -> list[object]:
        """Return the messages to one receiver, without requests to confirm."""
        return [
            message
            for to, message in self.sent
            if to == receiver and not isinstance(message, letters.Confirm)
        ]

    def told(self, client: str = "me") -> list[str]:
        """Return the notices to a client: ``a finished``."""
        told = [message for message in self.messages(client) if isinstance(message, ClientNotice)]
        return [f"{notice.key} {notice.status}" for notice in told]

    def computes(self) -> dict[str, str]:
        """Workers that were asked to compute something, by key."""
        return {
            message.key: to for to, message in self.sent if isinstance(message, events.ComputeTask)
        }
