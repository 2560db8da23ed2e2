"""Which distribution of the nuisances do unlabelled pictures come from? Found through the renderer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from simfactor.adaptation.calibrated import Calibrated
from simfactor.adaptation.door import calibrated_heads, check_search, target_images
from simfactor.adaptation.energy_score import energy_scores, spreads
from simfactor.adaptation.first_guess import guessed_range, guessed_values
from simfactor.adaptation.pictures import Pictures
from simfactor.adaptation.ranges import choices_at, to_place
from simfactor.adaptation.search import Tried, minimise
from simfactor.adaptation.verdict import confounded_pairs, ends_of, judged
from simfactor.adaptation.views import Viewed, view
from simfactor.encoders import FactorEncoder
from simfactor.encoders.codes import Head
from simfactor.errors import SimfactorError
from simfactor.factors import Categorical, FactorSpace
from simfactor.factors.choices import Choice
from simfactor.render.studio import Studio, StudioSpec

Floats = NDArray[np.float64]
FEWEST = 40
MORE = 4  # times the pictures of a space that is tried: to learn the encoder's errors from, to judge with
BOUNDS = (0.0, 1.0)


class Seeds(NamedTuple):
    """Of pictures to learn errors from, to search with and to check with: none in common, and far from the
    small numbers that data sets have, whose images the encoder may have learned."""

    known: int
    search: int
    check: int


@dataclass(frozen=True)
class Bench:
    """What pictures of a space are made and looked at with."""

    encoder: FactorEncoder
    heads: Sequence[Head]
    studio: Studio

    def seen(self, space: FactorSpace, count: int, seed: int) -> tuple[Floats, Viewed]:
        """Rows (count, K) of a space, and their pictures' views."""
        rows = space.sample(count, seed)
        return rows, view(self.encoder, self.heads, self.studio.images(space, rows).rgb)


def calibrate_space(
    encoder: FactorEncoder,
    target: Pictures,
    space: FactorSpace,
    factors: str | Iterable[str] = "nuisance",
    *,
    budget: int = 300,
    pictures: int = 128,
    alpha: float = 0.05,
    seed: int = 0,
    renderer: str = "raster",
    device: str = "cpu",
    progress: bool = True,
    interruptible: bool = True,
) -> Calibrated:
    """Narrow the ranges of some factors to those that unlabelled pictures show.

    Half of the target's images are fitted. The encoder's readings, less its errors, give a first guess; then
    CMA-ES moves centre and width of every range so that the mean energy score of rendered pictures (readings,
    features, colours: :mod:`.energy_score`) is least. The other half judges: what does not score better
    there than the space that was given is not accepted, and a factor whose range may as well stay as it was
    keeps it.

    Args:
        encoder: one trained with labels on pictures of ``space`` or of a wider one; it sees the images.
        target: n images (n, s, s, 3) uint8, or a data set whose labels are not looked at; 40 or more.
        space: where to begin, and the widest there can be; factors that are not calibrated, the task's above
            all, are drawn from it.
        factors: names, groups or roles of what to calibrate; what does not vary in the space is left.
            Ranges of numbers are found by the search, values of categories by the readings alone.
        budget: spaces to try; ``pictures`` of each are rendered, with common random numbers.
        alpha: chance that a space is accepted if the target is no other than the start.
        seed: of the halves, the pictures and the search.
        renderer, device: of the pictures, as of :class:`StudioSpec`.
        progress: show a bar on terminals.
        interruptible: Ctrl-C ends the search, and what was found until then is judged; otherwise it ends all.

    Raises SimfactorError for images that the encoder does not read, fewer than 40 of them, unknown factors,
    ones that the encoder does not read, lattices and held-out ranges, and a budget or pictures below 2.
    """
    heads = calibrated_heads(encoder, space, factors)
    check_search(budget, pictures, alpha)
    images = _opened(encoder, target)
    order = np.random.default_rng(seed).permutation(len(images))
    half = len(images) // 2
    seeds = Seeds(*np.random.SeedSequence(seed).generate_state(3).tolist())
    with StudioSpec(space.scene, renderer, encoder.image_size, device).open() as studio:
        bench = Bench(encoder, heads, studio)
        fitted, held_out = (view(encoder, heads, images[own]) for own in (order[:half], order[half:]))
        rows, known = bench.seen(space, MORE * pictures, seeds.known)
        units = spreads(known.points)
        values, start = _first_guess(space, heads, rows, known.values, fitted.values)
        numeric = [head.name for head in heads if head.name not in values]
        base = space.restrict(values)

        def scores(place: Floats) -> Floats:
            candidate = base.restrict(choices_at(space, numeric, place))
            return energy_scores(
                bench.seen(candidate, pictures, seeds.search)[1].points, fitted.points, units
            )

        tried = _searched(scores, start, budget, seed, progress, interruptible)
        found = values | choices_at(space, numeric, tried.best)
        return judged(
            lambda own: bench.seen(own, MORE * pictures, seeds.check)[1].points,
            space,
            {head.name: found[head.name] for head in heads},
            ends_of(space, numeric, tried),
            confounded_pairs(space, heads, rows, known.values),
            held_out.points,
            units,
            alpha,
        )


def _opened(encoder: FactorEncoder, target: Pictures) -> NDArray[np.uint8]:
    if len(target) < FEWEST:
        raise SimfactorError(
            f"{len(target)} images of the target are too few; give at least {FEWEST}. Half of them are kept "
            "to check with, and fewer than twenty tell hardly any factor's range."
        )
    return target_images(encoder, target)


def _first_guess(
    space: FactorSpace, heads: Sequence[Head], rows: Floats, read: Floats, target: Floats
) -> tuple[dict[str, Choice], Floats]:
    """Values of the categorical factors, and a place (2 n,) among the ranges of the n numeric ones."""
    values: dict[str, Choice] = {}
    place: list[float] = []
    for head in heads:
        factor = space[head.name]
        told = rows[:, space.index(head.name)], read[:, head.column], target[:, head.column]
        if isinstance(factor, Categorical):
            values[head.name] = guessed_values(factor, *told)
        else:
            place += to_place(*guessed_range(factor, *told))
    return values, np.array(place)


def _searched(
    scores: Callable[[Floats], Floats],
    start: Floats,
    budget: int,
    seed: int,
    progress: bool,
    interruptible: bool,
) -> Tried:
    """From the guess, or from the whole of every range where that is better."""
    whole = np.tile(to_place(0.5, 0.5), len(start) // 2)
    bounds = np.tile(BOUNDS, (len(start), 1))
    with tqdm(total=budget, desc="calibrate", disable=None if progress else True) as bar:
        if not len(start):
            return Tried(start[None], scores(start)[None])
        return minimise(scores, np.stack([whole, start]), bounds, budget, seed, bar, interruptible)
