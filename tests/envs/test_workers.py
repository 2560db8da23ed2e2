"""Workers of a VectorEnv: what goes wrong in them is told, and none is left behind."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from simfactor.envs import VectorEnv
from simfactor.errors import SimfactorError

STILL = np.zeros((3, 3))


@pytest.fixture(scope="module")
def vector():
    vector = VectorEnv(3, workers=2)
    yield vector
    vector.close()


def children(vector):
    return [worker.process.pid for worker in vector._worlds._workers]


def gone(pid):
    """Whether a process ends within a few seconds."""
    for _ in range(100):
        try:
            with open(f"/proc/{pid}/stat") as stat:
                if stat.read().rpartition(")")[2].split()[0] == "Z":
                    return True
        except FileNotFoundError:
            return True
        time.sleep(0.1)
    return False


@pytest.mark.parametrize("workers", [-1, 4, 1.0, "two"])
def test_a_number_of_workers_that_cannot_be_is_refused(workers):
    with pytest.raises(SimfactorError, match=f"workers={workers!r} must be a whole number of processes"):
        VectorEnv(3, workers=workers)


def test_a_mistake_names_its_world_and_the_vector_is_of_use_after_a_reset(vector):
    expected = vector.reset(seed=1)[0]
    far = [{}, {}, {"ee_x": 1.1, "ee_y": 1.1}]
    with pytest.raises(SimfactorError, match=r"world 2: the arm cannot reach \(1.100, 1.100, .*\) m"):
        vector.reset(options={"factors": far})
    with pytest.raises(SimfactorError, match="not every world is in an episode; call reset"):
        vector.step(STILL)
    np.testing.assert_array_equal(vector.reset(seed=1)[0], expected)
    vector.step(STILL)


def test_an_unseen_fault_comes_with_its_trace(vector):
    with pytest.raises(RuntimeError, match=r"(?s)AttributeError.*in _answer"):
        vector._worlds._ask("stumble")
    vector.reset(seed=0)


def test_a_dead_worker_is_reported_with_its_worlds_and_their_seeds():
    vector = VectorEnv(4, workers=2)
    vector.reset(seed=[5, 6, 7, 8])
    first, second = children(vector)
    os.kill(second, signal.SIGKILL)
    with pytest.raises(SimfactorError, match=r"worlds 2 to 3 died \(exit status -9.*seeds 7, 8\."):
        vector.step(np.zeros((4, 3)))
    assert gone(first)
    with pytest.raises(SimfactorError, match="have ended; make the environment anew"):
        vector.reset()
    vector.close()
    vector.close()


def test_closing_ends_the_workers_and_later_calls_are_refused():
    vector = VectorEnv(2, workers=2)
    pids = children(vector)
    vector.close()
    vector.close()
    assert all(gone(pid) for pid in pids)
    with pytest.raises(SimfactorError, match="closed; make it anew"):
        vector.reset()


SCRIPT = """
import sys, time
import numpy as np
from simfactor.envs import VectorEnv

print("begun", flush=True)
vector = VectorEnv(2, workers=2)
vector.reset(seed=0)
print(*(worker.process.pid for worker in vector._worlds._workers), flush=True)
while True:
    vector.step(np.zeros((2, 3)))
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_workers_end_with_a_parent_that_is_stopped_in_whatever_way(number):
    """The script has no ``if __name__ == "__main__"``, and is run once all the same."""
    parent = subprocess.Popen(
        [sys.executable, "-c", SCRIPT],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert parent.stdout is not None
    assert parent.stdout.readline() == "begun\n"
    pids = [int(pid) for pid in parent.stdout.readline().split()]
    assert len(pids) == 2
    time.sleep(0.2)
    # Ctrl-C goes to the whole group of a terminal
    (os.killpg if number == signal.SIGINT else os.kill)(parent.pid, number)
    _, errors = parent.communicate(timeout=60)
    assert all(gone(pid) for pid in pids)
    assert errors.count("Traceback") == (number == signal.SIGINT)
    assert ("KeyboardInterrupt" in errors) == (number == signal.SIGINT)
