"""What a training leaves while it runs: the curve, checkpoints, a progress bar."""

from __future__ import annotations

import csv
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from stable_baselines3.common.callbacks import BaseCallback
from tqdm import tqdm

CURVE = "curve.csv"
RECENT = 20  # episodes that the success on the progress bar speaks for


class Row(NamedTuple):
    """A line of the curve, as it is written."""

    step: str
    episode_return: str
    episode_length: str
    success: str
    cpu_seconds: str


class Record(BaseCallback):
    """Appends each episode to ``curve.csv``, calls ``save`` every ``every`` steps, moves the progress bar.

    The curve has a line per episode: environment steps so far, undiscounted return, length, success (empty if
    the environment does not report ``info["is_success"]``), and the processor time that training has taken so
    far, which other work on the machine does not lengthen as it does the time on the clock. After a resume at
    step ``start`` the episodes after it are dropped, for they are trained again.
    """

    def __init__(
        self, folder: Path, start: int, steps: int, save: Callable[[], None], every: int, progress: bool
    ) -> None:
        super().__init__()
        self._save, self._saved, self._every = save, start, every
        kept = [row for row in read_curve(folder) if int(row.step) <= start]
        self._file = (folder / CURVE).open("w", newline="", buffering=1)  # by line, for those who look on
        self._writer = csv.writer(self._file, lineterminator="\n")
        self._writer.writerows([Row._fields, *kept])
        self._began = time.process_time() - (float(kept[-1].cpu_seconds) if kept else 0.0)
        self._recent: deque[float] = deque(maxlen=RECENT)
        disable = None if progress else True
        self._bar = tqdm(total=steps, initial=start, desc=folder.name, disable=disable)

    def close(self) -> None:
        """Close the curve and the bar."""
        self._file.close()
        self._bar.close()

    def _on_rollout_start(self) -> None:
        # between rollouts every step taken is also stored and learned from
        if self.model.num_timesteps - self._saved >= self._every:
            self._save()
            self._saved = self.model.num_timesteps

    def _on_step(self) -> bool:
        self._bar.update()
        info = self.locals["infos"][0]
        if self.locals["dones"][0]:
            episode, success = info["episode"], info.get("is_success")
            result = "" if success is None else int(success)
            spent = f"{time.process_time() - self._began:.2f}"
            line = [self.model.num_timesteps, f"{episode['r']:.6g}", episode["l"], result, spent]
            self._writer.writerow(line)
            if success is not None:
                self._recent.append(float(success))
                self._bar.set_postfix(success=f"{np.mean(self._recent):.2f}", refresh=False)
        return True


def read_curve(folder: Path) -> list[Row]:
    """The complete lines of a folder's curve, without the header; none if there is no curve yet."""
    path = folder / CURVE
    if not path.exists():
        return []
    text = path.read_text()
    return [Row(*line.split(",")) for line in text[: text.rfind("\n") + 1].splitlines()[1:]]


def steps_done(folder: Path) -> int:
    """Environment steps up to the last finished episode of the training in a folder."""
    rows = read_curve(folder)
    return int(rows[-1].step) if rows else 0
