"""Make the folder's helpers importable, and train one small encoder for many tests."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from bench import Bench, make_bench
from task_bench import TaskBench, make_task_bench


@pytest.fixture(scope="session")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return make_bench(tmp_path_factory.mktemp("bench"))


@pytest.fixture(scope="session")
def task_bench(tmp_path_factory: pytest.TempPathFactory) -> TaskBench:
    return make_task_bench(tmp_path_factory.mktemp("task_bench"))
