"""A scheduler decides alike wherever it runs, and a copy continues alike."""

import os
import subprocess
import sys

from examples.desk import Desk

from workerfuzz.statemachine.scheduler.machine import handle_message
from workerfuzz.statemachine.worker import instructions as do

PROGRAM = """
from examples.desk import Desk
from workerfuzz.statemachine.scheduler import messages
desk = Desk(4, saturation=1.0)
keys = [f"k{number}" for number in range(12)]
print(desk.submit(*keys, "sum(" + ",".join(keys[:5]) + ")", want=" ".join(keys) + " sum"))
print(desk.finish("k0", "k1", "k2"))
print(desk.say("w1", messages.Lose()))
print(desk.finish("k3", "k4"))
print(desk.release(*keys), desk.confirm())
"""


def test_hash_order_decides_nothing() -> None:
    outputs = [
        subprocess.run(
            [sys.executable, "-c", PROGRAM],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for seed in ("1", "2", "3")
    ]
    assert outputs[0]
    assert outputs[0] == outputs[1] == outputs[2]


def test_a_copy_continues_alike_and_on_its_own() -> None:
    desk = Desk(2)
    desk.submit("a", "b", "c(a,b)", want="c")
    desk.finish("a")
    other = desk.scheduler.copy()
    message = do.TaskFinished(key="b", run_id=desk.task("b").run_id, nbytes=1)
    assert handle_message(other, "w1", message) == desk.say("w1", message) != []
    desk.finish("c")
    assert other.tasks["c"].state == "processing"
