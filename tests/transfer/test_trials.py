"""A file of real and simulated trials: read as it is, or refused by line and column."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from simfactor.errors import SimfactorError
from simfactor.transfer import Trials, read_trials

HEADER = "policy,task,domain,trial,success"
GOOD = ("a,lift,real,1,1", "a,lift,real,2,0", "a,lift,sim,2,TRUE", "a,lift,sim,1,false", "b,lift,real,1,0")


def read(folder: Path, *lines: str, header: str = HEADER) -> Trials:
    path = folder / "trials.csv"
    path.write_text("\n".join([header, *lines]) + "\n")
    return read_trials(path)


def test_trials_of_one_number_are_paired(tmp_path: Path) -> None:
    trials = read(tmp_path, *GOOD, "b,lift,sim,7,1", "c,lift,sim,1,1")
    cell = trials.cells["lift"]["a"]
    np.testing.assert_array_equal(cell.real, [1, 0])
    np.testing.assert_array_equal(cell.sim, [0, 1])
    assert cell.paired
    assert not trials.cells["lift"]["b"].paired
    assert (trials.policies, trials.left_out, trials.outcome) == (("a", "b"), (("lift", "c"),), "success")


def test_columns_come_in_any_order_and_by_other_names(tmp_path: Path) -> None:
    lines = ("real,3,2.5,a,lift", "sim,4,-1,a,lift", "real,3,0,b,lift", "sim,3,1e1,b,lift")
    trials = read(tmp_path, *lines, header="domain,seed,score,policy,condition")
    assert trials.outcome == "score"
    assert trials.cells["lift"]["b"].sim.tolist() == [10]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (("a,lift,reel,1,1",), r"line 2, column 'domain': unknown domain 'reel'; .* mean 'real'"),
        (("a,lift,real,1,0.5",), r"line 2, column 'success': '0\.5' must be 0, 1, true or false"),
        (("a,,real,1,1",), "line 2, column 'task': no value"),
        (
            ("a,lift,real,1,1", "a,lift,real,1,0"),
            "line 3, column 'trial': trial '1' of policy 'a' .* already",
        ),
        (("a,lift,real,1,1", "b,lift,sim,1,1"), "no policy has both real and simulated trials of one task"),
        (("a,lift,real,1,1", "a,lift,sim,1,1"), r"of more than one policy \('a'\)"),
        ((), "lists nothing"),
    ],
)
def test_mistakes_of_the_trials(tmp_path: Path, lines: tuple[str, ...], message: str) -> None:
    with pytest.raises(SimfactorError, match=message):
        read(tmp_path, *lines)


def test_every_mistake_is_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(SimfactorError, match=r"3 mistake\(s\)"):
        read(tmp_path, "a,lift,reel,1,1", ",lift,sim,1,1", "a,lift,sim,1,yes")


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("policy,task,domain,trial,sucess", "unknown column 'sucess'; .* Did you mean 'success'"),
        ("policy,task,condition,trial,success", "columns 'task' and 'condition' mean the same"),
        ("policy,task,domain,success", "no column 'trial'"),
        ("policy,task,domain,trial", "one column of outcomes"),
        ("policy,task,domain,trial,success,score", "one column of outcomes"),
    ],
)
def test_mistakes_of_the_header(tmp_path: Path, header: str, message: str) -> None:
    with pytest.raises(SimfactorError, match=message):
        read(tmp_path, ",".join("1" * len(header.split(","))), header=header)


def test_scores_are_finite(tmp_path: Path) -> None:
    with pytest.raises(SimfactorError, match="line 2, column 'score': 'nan' must be a finite number"):
        read(tmp_path, "a,lift,real,1,nan", header="policy,task,domain,trial,score")
