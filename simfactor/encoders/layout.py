"""Which latent dimensions belong to which factor."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simfactor.errors import SimfactorError, unknown_name
from simfactor.factors import Angle, Factor, FactorSpace

RESIDUAL = "residual"  # the last block of every layout: what no declared factor explains


@dataclass(frozen=True)
class Block:
    """One factor's share of the latents. The residual block has neither group nor role."""

    name: str
    width: int
    group: str = ""
    role: str = ""


@dataclass(frozen=True)
class LatentLayout:
    """Ordered blocks of latent dimensions, the residual block last (its width may be 0).

    An encoder that learns without labels cannot know which latent is which factor: its layout is the
    residual block alone. Raises SimfactorError for blocks that are not in this form.
    """

    blocks: tuple[Block, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "blocks", tuple(self.blocks))
        names = [block.name for block in self.blocks]
        if names.count(RESIDUAL) != 1 or names[-1] != RESIDUAL or len(set(names)) != len(names):
            raise SimfactorError(f"blocks {names} must have distinct names and end with one {RESIDUAL!r}.")
        for block in self.blocks:
            least = 0 if block.name == RESIDUAL else 1
            if not isinstance(block.width, int) or block.width < least:
                raise SimfactorError(
                    f"width {block.width!r} of block {block.name!r} must be a whole number, at least {least}."
                )

    @staticmethod
    def for_space(space: FactorSpace, residual: int = 8) -> LatentLayout:
        """One block per factor of the space, in its order, then ``residual`` free dimensions.

        A factor takes one dimension; an angle that covers more than half its period takes two, its cosine
        and sine, for no single number is continuous all the way round (see :func:`is_circular`).
        """
        blocks = [
            Block(name, 2 if is_circular(factor) else 1, factor.group, factor.role)
            for name, factor in space.factors.items()
        ]
        return LatentLayout((*blocks, Block(RESIDUAL, residual)))

    @staticmethod
    def unlabelled(latents: int) -> LatentLayout:
        """``latents`` dimensions of which nothing is known: the residual block alone."""
        return LatentLayout((Block(RESIDUAL, latents),))

    @property
    def size(self) -> int:
        """Latent dimensions in all."""
        return sum(block.width for block in self.blocks)

    @property
    def names(self) -> tuple[str, ...]:
        """Block names in order, ``residual`` last."""
        return tuple(block.name for block in self.blocks)

    @property
    def groups(self) -> dict[str, tuple[str, ...]]:
        """Factor group -> names of its blocks."""
        return self._gathered("group")

    @property
    def roles(self) -> dict[str, tuple[str, ...]]:
        """``task`` and ``nuisance`` -> names of their blocks."""
        return self._gathered("role")

    @property
    def dimension_names(self) -> tuple[str, ...]:
        """A name for every dimension: the block's, with a number where it has several."""
        return tuple(
            block.name if block.width == 1 else f"{block.name}[{i}]"
            for block in self.blocks
            for i in range(block.width)
        )

    def slice(self, name: str) -> slice:
        """Where a block lies. Raises SimfactorError for an unknown block."""
        start = 0
        for block in self.blocks:
            if block.name == name:
                return slice(start, start + block.width)
            start += block.width
        raise unknown_name("latent block", name, self.names)

    def dims(self, names: str | Iterable[str]) -> NDArray[np.int64]:
        """Ascending dimensions of the named blocks.

        A name is a block's, else a factor group's, else a role's (``task``, ``nuisance``). Raises
        SimfactorError for any other name.
        """
        wanted = [names] if isinstance(names, str) else list(names)
        chosen = {d for name in wanted for block in self._resolve(name) for d in self._dimensions(block)}
        return np.array(sorted(chosen), np.int64)

    def to_dict(self) -> dict[str, Any]:
        """The layout as JSON-able data."""
        return {"blocks": [asdict(block) for block in self.blocks]}

    @staticmethod
    def from_dict(data: Mapping[str, Any]) -> LatentLayout:
        """The layout that :meth:`to_dict` described. Raises SimfactorError for anything else."""
        try:
            return LatentLayout(tuple(Block(**block) for block in data["blocks"]))
        except (KeyError, TypeError) as error:
            raise SimfactorError(f"{dict(data)!r} does not describe a latent layout ({error}).") from error

    def _resolve(self, name: str) -> tuple[str, ...]:
        if name in self.names:
            return (name,)
        known = {**self.roles, **self.groups}
        if name not in known:
            raise unknown_name("latent block, group or role", name, [*self.names, *known])
        return known[name]

    def _dimensions(self, name: str) -> range:
        where = self.slice(name)
        return range(where.start, where.stop)

    def _gathered(self, attribute: str) -> dict[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        for block in self.blocks:
            key = getattr(block, attribute)
            if key:
                found[key] = (*found.get(key, ()), block.name)
        return found


def is_circular(factor: Factor) -> bool:
    """Whether a factor needs a circle: an angle over more than half its period.

    A shorter arc is a plain interval whose ends look different, and one number says it all; keeping it at
    one dimension also keeps the mutual-information gap of its latent meaningful.
    """
    return isinstance(factor, Angle) and factor.high - factor.low > factor.period / 2
