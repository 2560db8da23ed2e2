"""Who goes to the stand-in for reality: contenders as they are, and ours with encoders that were adapted."""

from __future__ import annotations

from dataclasses import dataclass

from matrix.contenders import CONTENDERS, OURS_FIRST

from simfactor.adaptation.methods import METHODS as ADAPTATIONS

SENSED_FIRST = "ours-long"  # there is more to learn than for `ours-task`
CONTROL = "control"  # trains on as the others do, without the target
CALIBRATED = "calibrated"  # by rounds of calibration, rendering and training
# trained on as the control is, with labels of some factors of the pictures of the target
LABELLED: dict[str, tuple[str, ...]] = {
    "proprioception": ("ee_x", "ee_y", "ee_z"),  # a robot knows them whatever the camera sees
    "labels": ("task",),
}


@dataclass(frozen=True)
class Method:
    """A contender. ``sensed``: it has learned in the world of the configuration ``unknown_room``;
    ``adapted``: how its encoder was adapted to pictures of the target, if it was; one way after another by
    "+", and then the name ends so, too."""

    contender: str
    sensed: bool = False
    adapted: str | None = None


SENSED = {
    "ours-sensed": Method(SENSED_FIRST, sensed=True),
    "ours-sensed-measured": Method("ours-long-measured", sensed=True),
    "pixels-rerender-sensed": Method("pixels-rerender", sensed=True),
}
EVERY_WAY = (CALIBRATED, CONTROL, *ADAPTATIONS, *LABELLED, f"{CALIBRATED}+labels")
ADAPTED = {
    **{f"ours-sensed+{how}": Method(SENSED_FIRST, sensed=True, adapted=how) for how in EVERY_WAY},
    **{f"{OURS_FIRST}+{how}": Method(OURS_FIRST, adapted=how) for how in (CALIBRATED, "mmd")},
}
METHODS = {**{name: Method(name) for name in CONTENDERS}, **SENSED, **ADAPTED}
