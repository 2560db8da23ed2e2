"""What many worlds are at one moment, as few small arrays: all that crosses from worker processes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from simfactor.envs.episodes import Values
from simfactor.envs.observation import Seen
from simfactor.scene.state import SceneState

Array: TypeAlias = NDArray[np.float64]
Flags: TypeAlias = NDArray[np.bool_]


class Moment(NamedTuple):
    """n worlds as they are, on axis 0.

    distance (n,), success (n,) and toll (n,) are those of the infos; factors (n) are the values that have
    changed since the world's last moment, all of them in its first; state is what there is to be drawn, None
    where nobody looks.
    """

    seen: Seen
    distance: Array
    success: Flags
    toll: Array
    factors: list[Values]
    state: SceneState | None

    @staticmethod
    def join(moments: Sequence[Moment]) -> Moment:
        """The worlds of all moments, one after another."""
        return Moment(
            seen=Seen(*(np.concatenate(parts) for parts in zip(*(m.seen for m in moments), strict=True))),
            distance=np.concatenate([m.distance for m in moments]),
            success=np.concatenate([m.success for m in moments]),
            toll=np.concatenate([m.toll for m in moments]),
            factors=[values for m in moments for values in m.factors],
            state=join_states([m.state for m in moments]),
        )


class Turn(NamedTuple):
    """A step of n worlds: the moment they are in now, what the step was worth, and what it ended.

    ended: the last moment of each world whose episode ended, if ``now`` is already the first of its next
    episode; None if it is not, or none ended.
    """

    now: Moment
    reward: Array
    terminated: Flags
    truncated: Flags
    ended: Moment | None

    @staticmethod
    def join(turns: Sequence[Turn]) -> Turn:
        """The worlds of all turns, one after another."""
        ended = [turn.ended for turn in turns if turn.ended is not None]
        return Turn(
            now=Moment.join([turn.now for turn in turns]),
            reward=np.concatenate([turn.reward for turn in turns]),
            terminated=np.concatenate([turn.terminated for turn in turns]),
            truncated=np.concatenate([turn.truncated for turn in turns]),
            ended=Moment.join(ended) if ended else None,
        )


def join_states(states: Iterable[SceneState | None]) -> SceneState | None:
    """The rows of all states; None if there are none."""
    given = [state for state in states if state is not None]
    return SceneState.concatenate(given) if given else None
