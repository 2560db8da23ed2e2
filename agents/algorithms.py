"""The learning algorithms and their hyperparameters; the defaults are tuned for reaching."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal, TypeAlias, get_args

from simfactor.errors import SimfactorError, unknown_name

Critic: TypeAlias = Literal["observation", "state"]


@dataclass(frozen=True)
class Sac:
    """Soft actor-critic (Haarnoja et al. 2018), off-policy: few environment steps, and it can augment.

    network: units of each hidden layer. batch_size: transitions per update. target_rate: how far the target
    network moves per update. entropy: the entropy coefficient, or ``"auto_0.03"`` to learn it from there; it
    is in units of reward, so a start of 1 drowns rewards of a few centimetres. warmup: random steps before
    learning. updates: gradient steps per environment step. critic: what values are learned from:
    ``observation``, or ``state``: the truth, where the environment shows ``pixels+state``.
    Raises SimfactorError for values out of range.
    """

    network: tuple[int, ...] = (64, 64)
    batch_size: int = 128
    learning_rate: float = 3e-3
    discount: float = 0.9
    target_rate: float = 0.02
    entropy: float | str = "auto_0.03"
    warmup: int = 100
    updates: int = 1
    buffer_size: int = 100_000
    critic: Critic = "observation"

    def __post_init__(self) -> None:
        check_ranges(self, positive=("batch_size", "learning_rate", "warmup", "updates", "buffer_size"))
        if self.critic not in get_args(Critic):
            raise unknown_name("critic", self.critic, get_args(Critic))

    @property
    def asymmetric(self) -> bool:
        """Whether the critic sees the truth."""
        return self.critic == "state"


@dataclass(frozen=True)
class Ppo:
    """Proximal policy optimisation (Schulman et al. 2017), on-policy: many cheap steps. It augments as DrAC.

    network, batch_size, learning_rate, discount: as in :class:`Sac`. rollout: steps between updates, and
    training runs to a multiple of it. epochs: passes over each rollout. entropy: weight of the entropy bonus.
    agreement: with augmentations, of latents or images, weight of DrAC's terms
    (:mod:`simfactor.agents.drac`).
    Raises SimfactorError for values out of range.
    """

    network: tuple[int, ...] = (64, 64)
    batch_size: int = 128
    learning_rate: float = 1e-3
    discount: float = 0.9
    rollout: int = 1024
    epochs: int = 10
    entropy: float = 0.0
    agreement: float = 0.1

    def __post_init__(self) -> None:
        check_ranges(self, positive=("batch_size", "learning_rate", "rollout", "epochs", "agreement"))


@dataclass(frozen=True)
class Dagger:
    """Imitation of a teacher that knows the truth (:mod:`simfactor.agents.distillation`); it can augment.

    network, batch_size, learning_rate, warmup, updates, buffer_size: as in :class:`Sac`. noise: standard
    deviation of what is added to the student's actions, so that it gets off its path and back. Raises
    SimfactorError for values out of range.
    """

    network: tuple[int, ...] = (64, 64)
    batch_size: int = 128
    learning_rate: float = 3e-3
    noise: float = 0.2
    warmup: int = 100
    updates: int = 1
    buffer_size: int = 100_000

    def __post_init__(self) -> None:
        check_ranges(
            self, positive=("batch_size", "learning_rate", "noise", "warmup", "updates", "buffer_size")
        )


Algorithm: TypeAlias = Sac | Ppo | Dagger
ALGORITHMS: dict[str, type[Sac] | type[Ppo] | type[Dagger]] = {"sac": Sac, "ppo": Ppo, "dagger": Dagger}


def resolve_algorithm(algorithm: str | Algorithm) -> Algorithm:
    """The algorithm itself, or the named one with its defaults. Raises SimfactorError for unknown names."""
    if not isinstance(algorithm, str):
        return algorithm
    if algorithm not in ALGORITHMS:
        raise unknown_name("algorithm", algorithm, ALGORITHMS)
    return ALGORITHMS[algorithm]()


def name_of(algorithm: Algorithm) -> str:
    """``sac``, ``ppo`` or ``dagger``."""
    return type(algorithm).__name__.lower()


def describe(algorithm: Algorithm) -> dict[str, Any]:
    """The algorithm as JSON-able data, its name included."""
    return {"name": name_of(algorithm), **asdict(algorithm), "network": list(algorithm.network)}


def check_ranges(algorithm: Algorithm, positive: tuple[str, ...]) -> None:
    """Raise SimfactorError unless the named fields are positive, the discount is in [0, 1) and the network
    has positive widths."""
    object.__setattr__(algorithm, "network", tuple(algorithm.network))
    for name in positive:
        if not getattr(algorithm, name) > 0:
            raise SimfactorError(
                f"{name_of(algorithm)}: {name}={getattr(algorithm, name)!r} must be above 0."
            )
    if not isinstance(algorithm, Dagger) and not 0 <= algorithm.discount < 1:
        raise SimfactorError(f"{name_of(algorithm)}: discount={algorithm.discount!r} must be in [0, 1).")
    if not all(isinstance(width, int) and width > 0 for width in algorithm.network):
        raise SimfactorError(f"{name_of(algorithm)}: network={algorithm.network!r} must be positive widths.")
