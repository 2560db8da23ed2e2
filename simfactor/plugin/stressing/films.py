"""The film of an episode that a shift broke."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from simfactor.report import film_strip
from simfactor.transfer import Act, Domain, Drop, Episodes, MakeEnv, evaluate_domain

FRAMES = 6


def film_of(
    act: Act,
    make_env: MakeEnv,
    clean: Domain,
    domains: Sequence[Domain],
    episodes: Mapping[str, Episodes],
    found: Mapping[str, Drop],
) -> bytes | None:
    """The strip (PNG) of an episode that was solved in the clean world and lost under the costliest shift.

    It is run again in both worlds. None if there is no such episode, and if the environment shows nothing.
    """
    for domain in sorted(domains, key=lambda domain: -found[domain.name].mean):
        shifted = episodes[domain.name]
        lost = episodes[clean.name].success[: len(shifted.success)] & ~shifted.success
        if not lost.any():
            continue
        which = int(np.flatnonzero(lost)[0])
        seed, length = int(shifted.seeds[which]), int(episodes[clean.name].lengths[which])
        steps = np.unique(np.linspace(0, length, FRAMES)[:-1].astype(int)).tolist()
        takes = {
            world.name: evaluate_domain(act, make_env, world, [seed], steps, progress=False)
            for world in (clean, domain)
        }
        if any(take.film is None for take in takes.values()):
            return None
        return film_strip(takes, {world.name: world.level for world in (clean, domain)}, steps)
    return None
