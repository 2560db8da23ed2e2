"""The whole loop through the command line, on the smallest configuration that passes every stage."""

import dataclasses
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from simfactor import cli
from simfactor.agents import load_agent
from simfactor.config import load_config
from simfactor.encoders import FactorEncoder
from simfactor.envs.task_env import TASKS
from simfactor.errors import SimfactorError
from simfactor.pipeline.plan import make_plan
from simfactor.pipeline.policies import check_policy, transfer_jobs
from simfactor.transfer import evaluate_jobs

TINY = Path(__file__).parent / "tiny.yaml"
AGENTS = ("latent-augmented", "latent-task", "state", "pixels")
DOMAINS = {"clean": "clean", "lighting-ood2": "ood2", "texture-ood1": "ood1"}
DOMAINS |= {"light-1": "ood1", "wood-1": "ood1", "both-1": "ood1"}  # of the suite
CLIMBING = ["--transfer.suite", str(TINY.with_name("suite.yaml")), "--transfer.diagnose"]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("runs") / "tiny"
    assert cli.main(["run", str(TINY), "--out", str(out), *CLIMBING]) == 0
    return out


def test_the_summary_keeps_its_contract(finished: Path) -> None:
    summary = json.loads((finished / "summary.json").read_text())
    assert summary["seconds"] > 0
    for key in ("dci_disentanglement", "mig", "decodability"):
        assert 0 <= summary["encoder"][key] <= 1
    rows = summary["encoder"]["table"]["rows"]
    assert {"infom", "sap", "interventional_own_share", "leakage_into_task"} <= {row["name"] for row in rows}
    for picture in ("matrix.png", "graph.png"):
        assert (finished / "scores" / picture).read_bytes().startswith(b"\x89PNG")
    assert tuple(summary["agents"]) == AGENTS
    for domains in summary["agents"].values():
        assert {name: entry["level"] for name, entry in domains.items()} == DOMAINS
        for entry in domains.values():
            success = entry["success"]
            assert 0 <= success["low"] <= success["mean"] <= success["high"] <= 1
            assert success["n"] == 2
    assert summary["provenance"]["config"]["seed"] == 1


def test_the_report_stands_alone(finished: Path) -> None:
    class Links(HTMLParser):
        found: list[str] = []  # noqa: RUF012

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            self.found += [value or "" for name, value in attrs if name in ("src", "href")]

    links = Links()
    links.feed((finished / "report.html").read_text())
    assert len(links.found) > 6
    assert all(link.startswith(("data:image/png;base64,", "#")) for link in links.found)


def test_a_second_run_does_nothing_again(finished: Path) -> None:
    kept = ["data", "encoder/model.safetensors", "scores/scores.json", "agents", "transfer/episodes"]
    kept.append("transfer/films/episodes")
    before = _times(finished, kept)
    assert cli.main(["run", str(TINY), "--out", str(finished), *CLIMBING]) == 0
    assert _times(finished, kept) == before


def test_ladders_are_climbed(finished: Path) -> None:
    summary = json.loads((finished / "summary.json").read_text())
    assert summary["agents"]["state"]["light-1"]["rung"] == {"ladder": "light", "severity": 1, "parts": []}
    assert set(summary["ladders"]) == set(AGENTS)
    for entry in summary["ladders"].values():
        assert entry["curves"]["light"]["severities"] == [0, 1]
        assert list(entry["interactions"]) == ["both-1"]
    assert 'id="ladders"' in (finished / "report.html").read_text()


def test_the_response_to_each_factor_is_reported(finished: Path) -> None:
    summary = json.loads((finished / "summary.json").read_text())
    assert set(summary["responses"]) == {"light_azimuth", "table_texture"}
    light = summary["responses"]["light_azimuth"]
    assert set(light["agents"]) == set(AGENTS)
    tested = [entry["domain"] for entry in light["agents"]["state"]["bins"]]
    assert set(tested) == {"clean", "light-1", "lighting-ood2"}
    assert light["policy"] == light["agents"]["state"]["trained"] == [[-30, 30]]
    assert light["encoder"] == light["agents"]["pixels"]["trained"] != light["policy"]
    assert 'id="responses"' in (finished / "report.html").read_text()


def test_an_example_of_every_agent_is_filmed(finished: Path) -> None:
    films = json.loads((finished / "summary.json").read_text())["films"]
    assert set(films) == set(AGENTS)
    for agent, told in films.items():
        assert told["domains"][0] == "clean"
        assert told["domains"][2:] == ["lighting-ood2", "both-1"]
        assert set(told["success"]) == set(told["lengths"]) == set(told["domains"])
        assert told["steps"][0] == 0
        frame = np.load(finished / "transfer" / "films" / "episodes" / f"{agent}.1.clean.npy")[0]
        assert frame.shape == ((256, 256, 3) if agent == "state" else (64, 64, 3))
    report = (finished / "report.html").read_text()
    section = report[report.index('<section id="films">') : report.index('<section id="run">')]
    assert section.count("<img") == len(AGENTS)


def test_a_randomised_agent_trains_in_the_encoders_world_and_is_tested_like_the_others(
    finished: Path,
) -> None:
    plan = make_plan(load_config(finished / "config.yaml"))
    pixels, state = (plan.run.agents.train[name] for name in ("pixels", "state"))
    assert plan.training_space(state) == plan.policy_space
    space = plan.training_space(pixels)
    assert space["light_azimuth"] == plan.encoder_space["light_azimuth"]
    assert space["table_texture"] == plan.policy_space["table_texture"]
    description = json.loads((plan.agent_folder("pixels", 1) / "agent.json").read_text())
    about = description["arguments"]["about"]
    assert about["space"] == space.fingerprint
    assert about["redrawn"] == plan.encoder_space.select(["table_texture"]).fingerprint
    tested = json.loads((finished / "summary.json").read_text())["agents"]
    assert tested["pixels"]["clean"]["success"]["n"] == tested["state"]["clean"]["success"]["n"]


def test_failures_are_told_apart(finished: Path) -> None:
    diagnosis = json.loads((finished / "summary.json").read_text())["diagnosis"]
    assert set(diagnosis) == {"latent-augmented", "latent-task"}
    for domains in diagnosis.values():
        assert list(domains) == list(DOMAINS)
        assert all(entry["task_error"] > 0 for entry in domains.values())


def test_the_worst_case_is_searched_for(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["worst-case", str(TINY), "--out", str(finished), "--agent", "latent-task"]
    command += ["--factors", "light_azimuth", "table_texture", "--budget", "3", "--episodes", "1"]
    assert cli.main([*command, "--transfer.workers", "1"]) == 0
    assert "latent-task: Success" in capsys.readouterr().out
    folder = finished / "transfer" / "worst" / "latent-task"
    found = json.loads((folder / "worst.json").read_text())
    assert set(found["setting"]) == {"light_azimuth", "table_texture"}
    assert found["confirmed"]["n"] == 2
    assert len(found["tried"]) >= 3
    assert (folder / "worst.png").read_bytes().startswith(b"\x89PNG")
    assert cli.main(["worst-case", str(TINY), "--out", str(finished), "--agent", "latent-tsk"]) == 2
    assert "Did you mean 'latent-task'" in capsys.readouterr().err
    assert cli.main([*command, "--factors", "light_azimut"]) == 2
    assert "Did you mean 'light_azimuth'" in capsys.readouterr().err


def test_the_encoder_is_exported(finished: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    to = tmp_path / "encoder.onnx"
    assert cli.main(["export-encoder", str(TINY), "--out", str(finished), "--to", str(to)]) == 0
    assert to.stat().st_size > 10_000
    assert "ONNX Runtime's latents are torch's to within" in capsys.readouterr().out


def test_the_resolved_configuration_runs_again(finished: Path) -> None:
    resolved = yaml.safe_load((finished / "config.yaml").read_text())
    assert resolved["agents"]["steps"] == 220
    _, run = cli.parse_run("score", str(finished / "config.yaml"))
    assert run.out == str(finished)


def test_other_arguments_in_the_same_folder_are_refused(
    finished: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for command, option, told in (
        ("generate", "--seed", "seed"),
        ("train-encoder", "--encoder.epochs", "epochs"),
        ("train-agent", "--agents.steps", "steps"),
    ):
        assert cli.main([command, str(TINY), "--out", str(finished), option, "7"]) == 2
        assert told in capsys.readouterr().err


def test_an_agent_of_another_encoder_or_other_blocks_is_refused(
    finished: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = shutil.copytree(finished, tmp_path / "copy")
    description = out / "agents" / "latent-task" / "seed-1" / "agent.json"
    stored = json.loads(description.read_text())
    stored["arguments"]["about"]["encoder"] = "another"
    description.write_text(json.dumps(stored))
    assert cli.main(["transfer", str(TINY), "--out", str(out)]) == 2
    assert "was trained on another encoder" in capsys.readouterr().err
    other = yaml.safe_load(TINY.read_text())
    other["agents"]["train"]["latent-task"]["blocks"] = ["ee_x"]
    (tmp_path / "other.yaml").write_text(yaml.safe_dump(other))
    assert cli.main(["transfer", str(tmp_path / "other.yaml"), "--out", str(finished)]) == 2
    assert "use the encoder and the blocks it was trained with" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("command", "remedy"),
    [
        ("train-encoder", "generate"),
        ("score", "generate"),
        ("train-agent", "train-encoder"),
        ("transfer", "train-agent"),
        ("report", "generate"),
    ],
)
def test_a_stage_without_what_it_needs_says_what_to_run(
    command: str, remedy: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main([command, str(TINY), "--out", str(tmp_path / "empty")]) == 2
    assert f"simfactor {remedy}" in capsys.readouterr().err


PIXELS = {"observation": "pixels"}
RERENDER = {"kind": "rerender"}
BAD: dict[str, tuple[dict[str, Any], str]] = {
    "factor": ({"world": {"policy_support": {"light_azimut": [0, 1]}}}, "Did you mean 'light_azimuth'"),
    "range": ({"world": {"encoder_support": {"light_intensity": [0, 99]}}}, "is not inside the domain"),
    "outside the encoder's": (
        {
            "world": {
                "encoder_support": {"light_azimuth": [0, 10]},
                "policy_support": {"light_azimuth": [20, 30]},
            }
        },
        "must lie inside encoder_support",
    ),
    "level": (
        {"transfer": {"shifts": {"x": {"level": "ood2", "factors": {"light_azimuth": [0, 10]}}}}},
        "is declared ood2 but is 'in'",
    ),
    "block": ({"agents": {"train": {"a": {"blocks": ["ee_w"]}}}}, "Did you mean 'ee_"),
    "state blocks": (
        {"agents": {"train": {"a": {"observation": "state", "blocks": ["task"]}}}},
        "has no latent blocks",
    ),
    "augmented task": (
        {"agents": {"train": {"a": {"augment": [{"factors": ["target_x"]}]}}}},
        "would hide from the policy what its task is",
    ),
    "pixel blocks": (
        {"agents": {"train": {"a": {"observation": "pixels", "augment": [{"factors": ["lighting"]}]}}}},
        "observation 'pixels' has no latent blocks, but lighting",
    ),
    "images of latents": (
        {"agents": {"train": {"a": {"image_augment": [{"kind": "shift"}]}}}},
        "has no images to change; use observation: pixels",
    ),
    "factors of a shift": (
        {
            "agents": {
                "train": {"a": {**PIXELS, "image_augment": [{"kind": "shift", "factors": ["texture"]}]}}
            }
        },
        "only rerender takes factors",
    ),
    "rerendered task": (
        {"agents": {"train": {"a": {**PIXELS, "image_augment": [{**RERENDER, "factors": ["task"]}]}}}},
        "changes nuisances only, not",
    ),
    "nothing to rerender": (
        {"agents": {"train": {"a": {**PIXELS, "image_augment": [RERENDER]}}}},
        "rerender has nothing to redraw",
    ),
    "randomised": (
        {"agents": {"train": {"a": {"randomise": ["lightning"]}}}},
        "Did you mean 'lighting'",
    ),
    "critic of latents": (
        {"agents": {"train": {"a": {"critic": "state"}}}},
        "critic: state is for agents on images",
    ),
    "critic of changed images": (
        {
            "agents": {
                "train": {
                    "a": {
                        **PIXELS,
                        "critic": "state",
                        "image_augment": [{**RERENDER, "factors": ["texture"]}],
                    }
                }
            }
        },
        "rerender shows the critic changed images",
    ),
    "a critic of the truth for one who feels": (
        {"agents": {"train": {"a": {"observation": "pixels+proprioception", "critic": "state"}}}},
        "critic: state is for agents on images alone, not on 'pixels+proprioception'",
    ),
    "tuned pixels": (
        {"agents": {"train": {"a": {**PIXELS, "fine_tune": True}}}},
        "has no encoder to fine-tune",
    ),
    "tuned and augmented": (
        {"agents": {"train": {"a": {"fine_tune": True, "augment": [{"factors": ["lighting"]}]}}}},
        "augment needs latents that stay what they are",
    ),
    "tuned and measured": (
        {"agents": {"train": {"a": {"fine_tune": True, "measured": ["ee_x"]}}}},
        "measured needs latents that stay what they are",
    ),
    "measured pixels": (
        {"agents": {"train": {"a": {**PIXELS, "measured": ["ee_x"]}}}},
        "observation 'pixels' has no latent blocks, but ee_x",
    ),
    "measured and not seen": (
        {"agents": {"train": {"a": {"blocks": ["target_x", "ee_y"], "measured": ["ee_x"]}}}},
        "'ee_x' has no block among the latents that are observed; measure some of target_x, ee_y",
    ),
    "measured without labels": (
        {"encoder": {"objective": "ada_gvae"}, "agents": {"train": {"a": {"measured": ["ee_x"]}}}},
        "agents.train.a.measured puts the truth into latents",
    ),
    "ppo that imitates": (
        {"agents": {"train": {"a": {"algorithm": "ppo", "teacher": "b"}, "b": {"observation": "state"}}}},
        "algorithm: ppo learns from rewards, but one with a teacher imitates",
    ),
    "ppo that tunes": (
        {"agents": {"train": {"a": {"algorithm": "ppo", "fine_tune": True}}}},
        "fine_tune is for algorithm: sac only",
    ),
    "ppo with another critic": (
        {"agents": {"train": {"a": {**PIXELS, "algorithm": "ppo", "critic": "state"}}}},
        "critic: state is for algorithm: sac only",
    ),
    "ppo that pays": (
        {
            "agents": {
                "train": {
                    "a": {
                        **PIXELS,
                        "algorithm": "ppo",
                        "image_augment": [{"kind": "convolution", "target": "clean", "consistency": 0.1}],
                    }
                }
            }
        },
        "consistency is for algorithm: sac only",
    ),
    "no latents": ({"encoder": {"objective": "ae", "residual": 0}}, "residual=0 leaves an objective"),
    "space": ({"world": {"space": "tabeltop"}}, "Did you mean 'tabletop'"),
}


@pytest.mark.parametrize("case", BAD)
def test_mistakes_are_found_before_any_work(
    case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content, told = BAD[case]
    (tmp_path / "bad.yaml").write_text(yaml.safe_dump(content))
    out = tmp_path / "out"
    assert cli.main(["run", str(tmp_path / "bad.yaml"), "--out", str(out)]) == 2
    assert told in capsys.readouterr().err
    assert not out.exists()


def test_an_interrupted_run_goes_on(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "simfactor", "run", str(TINY), "--out", str(tmp_path / "run")]
    command += ["--agents.seeds", "1", "--transfer.episodes", "1"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True)
    deadline = time.monotonic() + 120
    while not (tmp_path / "run" / "encoder" / "config.json").exists():
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.1)
    os.killpg(process.pid, signal.SIGINT)  # what Ctrl-C does: everyone in the foreground gets it
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert errors.strip().endswith("nothing is lost: run the same command again to go on.")
    assert "Traceback" not in errors
    kept = ["data", "encoder/model.safetensors"]
    before = _times(tmp_path / "run", kept)
    for stage in ("generate", "train-encoder", "score"):
        arguments = [stage, str(TINY), "--out", str(tmp_path / "run")]
        assert cli.main(arguments) == 0
    assert _times(tmp_path / "run", kept) == before


def test_the_width_of_the_latents_and_learning_rates_reach_the_trainings(finished: Path) -> None:
    assert FactorEncoder.from_pretrained(finished / "encoder").layout.blocks[-1].width == 6
    plan = make_plan(load_config(finished / "config.yaml"))
    assert plan.layout.blocks[-1].width == 6
    trained = {name: load_agent(plan.agent_folder(name, 1)).arguments["algorithm"] for name in AGENTS}
    rates = {name: algorithm["learning_rate"] for name, algorithm in trained.items()}
    assert rates == {**dict.fromkeys(AGENTS, 0.003), "pixels": 0.001}


def test_an_agent_with_other_actions_is_refused(finished: Path) -> None:
    run = load_config(TINY)
    planar = dataclasses.replace(run.world, space="arm", task="planar_reach")
    plan = make_plan(dataclasses.replace(run, out=str(finished), world=planar))
    with pytest.raises(
        SimfactorError, match=r"acts with \(3,\) numbers, but the task 'planar_reach' takes 2"
    ):
        check_policy(plan, plan.tested["state"], 1)


def test_agents_with_encoders_of_their_own_train_and_are_tested(finished: Path, tmp_path: Path) -> None:
    """One fine-tunes the run's encoder, one learns its own from a critic that knows the truth, one has its
    joints' word, too."""
    for part in ("data", "encoder"):
        shutil.copytree(finished / part, tmp_path / "run" / part)
    config = yaml.safe_load(TINY.read_text())
    trained = {
        "tuned": {"blocks": ["task"], "fine_tune": True, "image_augment": [{"kind": "shift"}]},
        "asymmetric": {"observation": "pixels", "critic": "state", "image_augment": [{"kind": "shift"}]},
        "feeling": {
            "observation": "pixels+proprioception",
            "image_augment": [{"kind": "shift"}, {**RERENDER, "factors": ["texture"]}],
        },
    }
    config["agents"] |= {"steps": 104, "train": trained}
    file = tmp_path / "own.yaml"
    file.write_text(yaml.safe_dump(config))
    assert cli.main(["train-agent", str(file), "--out", str(tmp_path / "run")]) == 0
    plan = make_plan(dataclasses.replace(load_config(file), out=str(tmp_path / "run")))
    jobs = [transfer_jobs(plan, name)[0] for name in plan.tested]
    tested = evaluate_jobs(jobs, tmp_path / "episodes", workers=1, progress=False)
    assert {name: list(found[1]["clean"].lengths > 0) for name, found in tested.items()} == {
        "tuned": [True, True],
        "asymmetric": [True, True],
        "feeling": [True, True],
    }
    own = load_agent(plan.agent_folder("feeling", 1)).observed_shapes["proprioception"]
    assert own == (TASKS[plan.run.world.task].own,)


def _times(root: Path, names: list[str]) -> dict[str, int]:
    files = [
        path
        for name in names
        for path in ([root / name] if (root / name).is_file() else (root / name).rglob("*"))
    ]
    noted = {
        str(path): path.stat().st_mtime_ns
        for path in files
        if path.is_file() and path.name not in ("manifest.json", ".lock")
    }
    assert noted
    return noted
