"""Which algorithm trains an agent of a configuration."""

from pathlib import Path

import pytest

from simfactor.agents import Ppo, Sac, train_agent
from simfactor.config import Agent, Agents, ImageAugment, RunConfig
from simfactor.pipeline import make_plan
from simfactor.pipeline.policies import training_options

RERENDER = ImageAugment(kind="rerender", factors=("texture",))


@pytest.mark.parametrize(
    ("agent", "expected"),
    [
        (Agent(observation="state"), Sac()),
        (Agent(observation="pixels"), Sac(batch_size=64)),
        (Agent(observation="state", algorithm="sac"), Sac()),
        (Agent(observation="state", algorithm="ppo"), Ppo()),
        (Agent(observation="pixels", algorithm="ppo", learning_rate=0.01), Ppo(learning_rate=0.01)),
    ],
)
def test_an_agent_learns_by_the_algorithm_it_names(agent: Agent, expected: Sac | Ppo, tmp_path: Path) -> None:
    plan = make_plan(RunConfig(out=str(tmp_path), agents=Agents(train={"a": agent})))
    assert training_options(plan, agent)["algorithm"] == expected


def test_ppo_sees_its_states_rendered_again(tmp_path: Path) -> None:
    agent = Agent(observation="pixels", algorithm="ppo", image_augment=(RERENDER,))
    plan = make_plan(RunConfig(out=str(tmp_path), agents=Agents(steps=32, train={"a": agent})))
    options = training_options(plan, agent) | {"algorithm": Ppo(rollout=32, batch_size=16, epochs=1)}
    trained = train_agent(plan.make_training_env(agent, 0), tmp_path / "agent", progress=False, **options)
    size = plan.run.world.image_size
    assert trained.observed_shapes == {"pixels": (size, size, 3)}
