"""Configurations: strict, complete in their complaints, overridable from the command line."""

from pathlib import Path
from typing import get_args, get_type_hints

import pytest

from simfactor import cli
from simfactor.config import (
    ImageAugment,
    NetworkName,
    ObjectiveName,
    RunConfig,
    TaskName,
    World,
    load_config,
)
from simfactor.errors import SimfactorError
from simfactor.pipeline.plan import check_task, make_plan
from simfactor.render import RENDERERS

READY = sorted((Path(__file__).parent.parent / "configs").glob("*.yaml"))


@pytest.mark.parametrize("path", READY, ids=lambda p: p.stem)
def test_ready_configurations_load_by_path_and_by_name(path: Path) -> None:
    assert load_config(path) == load_config(path.stem)


def test_every_mistake_in_a_file_is_reported_at_once(tmp_path: Path) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(
        "sed: 1\n"
        "world: {image_size: 65, suport: 3}\n"
        "agents: {steps: 0, train: {a: {obs: 1, augment: [{factors: [a], knd: swap}],"
        " image_augment: [{knd: x}]}}}\n"
        "transfer: {shifts: {x: {levl: ood1, factors: {}}}}\n"
    )
    with pytest.raises(SimfactorError) as caught:
        load_config(path)
    text = str(caught.value)
    for part in (
        "10 mistake(s)",
        "world.image_size: Input should be 64 or 128 (got 65)",
        "world.suport: unknown key 'suport'",
        "agents.steps: Input should be greater than or equal to 1 (got 0)",
        "agents.train.a.augment.0.knd: unknown key 'knd'; allowed: factors, kind, strength, rise. "
        "Did you mean 'kind'?",
        "agents.train.a.obs: unknown key 'obs'; allowed: observation, blocks, measured, augment, "
        "image_augment, randomise, algorithm, teacher, fine_tune, critic, learning_rate.",
        "agents.train.a.image_augment.0.knd: unknown key 'knd'; allowed: kind, strength, target, "
        "consistency, factors, rise.",
        "transfer.shifts.x.levl: unknown key 'levl'; allowed: level, factors, renderer, sensor. "
        "Did you mean 'level'?",
        "sed: unknown key 'sed'; allowed: out, seed, world, data, encoder, agents, transfer. "
        "Did you mean 'seed'?",
    ):
        assert part in text


def test_a_missing_file_and_an_unknown_name(tmp_path: Path) -> None:
    with pytest.raises(SimfactorError, match="does not exist; give another"):
        load_config(tmp_path / "none.yaml")
    with pytest.raises(SimfactorError, match="Did you mean 'quickstart'"):
        load_config("quikstart")


def test_overrides_reach_the_configuration_and_leave_the_rest(tmp_path: Path) -> None:
    path = tmp_path / "run.yaml"
    path.write_text("seed: 3\ndata: {count: 100}\ntransfer: {episodes: 7}\n")
    function, run = cli.parse_run("generate", str(path), "--data.count", "50", "--out", "somewhere")
    assert function.__name__ == "generate"
    assert isinstance(run, RunConfig)
    assert (run.seed, run.data.count, run.out, run.transfer.episodes) == (3, 50, "somewhere", 7)


@pytest.mark.parametrize("command", cli.COMMANDS)
def test_every_command_has_help_that_names_its_options(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        cli.main([command, "quickstart", "--help"])
    assert stopped.value.code == 0
    text = capsys.readouterr().out
    world = ["--world.space"] if cli.COMMANDS[command].of_a_run else []
    measuring = {"camera": ("--out", "--board"), "sim2real": ("--json", "--seed")}
    for option in (*measuring.get(command, ("--out", "--seed")), *world):
        assert option in text


def test_the_overview_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--help"]) == 0
    text = capsys.readouterr().out
    assert all(command in text for command in cli.COMMANDS)


def test_an_unknown_command_is_an_error_with_a_remedy(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["tranfer"]) == 2
    assert "Did you mean 'transfer'?" in capsys.readouterr().err


def test_objectives_networks_and_tasks_are_all_offered() -> None:
    from simfactor.encoders import OBJECTIVES
    from simfactor.encoders.networks import NETWORKS
    from simfactor.envs.task_env import TASKS

    assert get_args(ObjectiveName) == tuple(OBJECTIVES)
    assert get_args(NetworkName) == tuple(NETWORKS)
    assert get_args(TaskName) == tuple(TASKS)
    (metavar,) = (m.metavar for m in get_type_hints(World, include_extras=True)["renderer"].__metadata__)
    assert metavar == "{" + ",".join(RENDERERS) + "}"


def test_the_augmentations_of_images_are_the_librarys() -> None:
    from simfactor.agents.image_augmentation import ImageKind

    assert get_type_hints(ImageAugment)["kind"] == ImageKind


def test_a_file_says_what_differs_from_the_one_it_is_like(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(
        "like: quickstart\nseed: 4\nworld: {policy_support: {light_azimuth: [0, 10]}}\n"
        "agents: {train: {state: {observation: state}}}\ntransfer: {shifts: {}}\n"
    )
    base, mine = load_config("quickstart"), load_config(path)
    assert (mine.seed, mine.world.policy_support["light_azimuth"]) == (4, [0, 10])
    assert mine.data == base.data
    assert mine.world.encoder_support == base.world.encoder_support
    assert list(mine.agents.train) == list(base.agents.train)  # tables are laid over each other too
    path.write_text("like: quikstart\n")
    with pytest.raises(SimfactorError, match=r"unknown ready configuration 'quikstart'.*'quickstart'"):
        load_config(path)


@pytest.mark.parametrize("name", ["arm", "reach", "push", "quickstart", "unknown_room"])
def test_agents_of_ready_configurations_can_be_run(name: str) -> None:
    plan = make_plan(load_config(name))
    check_task(plan)
    assert {domain.level for domain in plan.domains} == {"clean", "ood1", "ood2"}


def test_a_sensor_adds_its_factors_to_the_world(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("like: quickstart\nworld: {sensor: webcam, policy_support: {iso: [100, 200]}}\n")
    plan = make_plan(load_config(path))
    ideal = make_plan(load_config("quickstart"))
    assert plan.encoder_space.names[: len(ideal.encoder_space)] == ideal.encoder_space.names
    assert (plan.encoder_space["iso"].high, plan.policy_space["iso"].high) == (1600, 200)
    assert "full_well" not in plan.labels.names  # it is the chip's, so it does not vary
    path.write_text("like: quickstart\nworld: {sensor: webcm}\n")
    with pytest.raises(SimfactorError, match=r"world.sensor: unknown sensor 'webcm'.*'webcam'"):
        make_plan(load_config(path))
