"""The worker of the tutorial: it runs tasks in the order of their requests, and knows nothing else."""

from collections.abc import Iterable

from workerfuzz.harness.subjects.plain import PlainSubject, PlainWorker
from workerfuzz.statemachine.worker import events, instructions
from workerfuzz.statemachine.worker.events import Event
from workerfuzz.statemachine.worker.instructions import Instruction
from workerfuzz.statemachine.worker.states import State


class TinyWorker(PlainWorker):
    """Starts what was requested while there are threads; forgets what is freed, at once."""

    def react(self, event: Event) -> Iterable[Instruction]:
        match event:
            case events.ComputeTask(spec=spec):
                self.requests[spec.key], self.states[spec.key] = event, State.READY
            case events.ExecuteSuccess(key=key, value=value):
                del self.running[key]
                self.values[key], self.states[key] = value, State.MEMORY
                run_id = self.requests[key].request.run_id
                yield instructions.TaskFinished(key=key, run_id=run_id, nbytes=event.nbytes)
            case events.FreeKeys(keys=keys) | events.ForgetKeys(keys=keys):
                for key in keys:
                    self.states.pop(key, None)
                    self.values.pop(key, None)
        for key, state in self.states.items():
            if state is State.READY and len(self.running) < self.config.nthreads:
                self.states[key], self.running[key] = State.EXECUTING, False
                request = self.requests[key]
                run_id, spec = request.request.run_id, request.spec
                yield instructions.Execute(key=key, run_id=run_id, spec=spec, inputs={})


class Tiny(PlainSubject):
    """The subject to fuzz."""

    release = "1.0"
    worker_class = TinyWorker
    takes = ("compute-task", "free-keys", "forget-keys", "execute-success")
    pool = ("x",)


class Stubborn(Tiny):
    """Its name is its own."""

    @property
    def name(self) -> str:
        return "stubborn"
