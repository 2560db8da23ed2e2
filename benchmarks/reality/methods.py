"""Who goes to the stand-in for reality: contenders as they are, and ours with encoders that were adapted."""

from __future__ import annotations

from dataclasses import dataclass

from matrix.contenders import CONTENDERS, OURS_FIRST

from simfactor.adaptation.methods import METHODS as ADAPTATIONS

SENSED_FIRST = "ours-long"  # its validation errors still fall after the epochs of `ours-task`
CONTROL = "control"  # trains on as the others do, without the target
CALIBRATED = "calibrated"  # by rounds of calibration, rendering and training


@dataclass(frozen=True)
class Method:
    """A contender. ``sensed``: encoder and policy have learned behind the sensor `any`;
    ``adapted``: how its encoder was adapted to pictures of the target without labels, if it was."""

    contender: str
    sensed: bool = False
    adapted: str | None = None


SENSED = {
    "ours-sensed": Method(SENSED_FIRST, sensed=True),
    "pixels-randomised-sensed": Method("pixels-randomised", sensed=True),
}
ADAPTED = {
    **{f"{OURS_FIRST}+{how}": Method(OURS_FIRST, adapted=how) for how in (CALIBRATED, CONTROL, *ADAPTATIONS)},
    **{f"ours-sensed+{how}": Method(SENSED_FIRST, sensed=True, adapted=how) for how in (CALIBRATED, "mmd")},
}
METHODS = {**{name: Method(name) for name in CONTENDERS}, **SENSED, **ADAPTED}
