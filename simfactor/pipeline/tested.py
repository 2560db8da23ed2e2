"""Who takes the transfer tests: agents as they were trained, and the same with latents of another encoder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from simfactor.config import Agent, RunConfig
from simfactor.encoders import FactorEncoder
from simfactor.errors import SimfactorError, naming, unknown_name

ENCODER = "encoder"  # its folder in a run's


@dataclass(frozen=True)
class Tested:
    """One who is tested. ``trained``: the agent's name in training; ``encoder``: the folder of the one that
    reads images for it, None if none does."""

    agent: Agent
    trained: str
    encoder: Path | None


def tested_agents(run: RunConfig) -> dict[str, Tested]:
    """Everyone by name: the agents that are trained, then those of them that see through another encoder.

    Raises SimfactorError for one of these whose agent is not trained, or has no encoder beside it, and for a
    name that is taken.
    """
    trained, own = run.agents.train, Path(run.out) / ENCODER
    found = {
        name: Tested(agent, name, own if agent.observation == "latent" else None)
        for name, agent in trained.items()
    }
    for name, adapted in run.transfer.adapted.items():
        with naming(f"transfer.adapted.{name}"):
            if name in trained:
                raise SimfactorError("an agent of this name is trained; give another name.")
            if adapted.agent not in trained:
                raise unknown_name("agent", adapted.agent, trained)
            if trained[adapted.agent].shown != "latent":
                raise SimfactorError(
                    f"the agent {adapted.agent!r} sees {trained[adapted.agent].shown}, and through no "
                    "encoder but its own; name one with `observation: latent`, and without `fine_tune`."
                )
        found[name] = Tested(trained[adapted.agent], adapted.agent, Path(adapted.encoder))
    return found


def check_encoder(own: FactorEncoder, other: FactorEncoder, folder: Path) -> None:
    """Raise SimfactorError unless latents of the encoder in ``folder`` mean what those of the run's do."""
    for what in ("layout", "space", "image_size"):
        if getattr(own, what) != getattr(other, what):
            raise SimfactorError(
                f"the encoder in {folder} has another {what.replace('_', ' ')} than the one that the agents "
                "learned on; give one that was adapted from it."
            )
