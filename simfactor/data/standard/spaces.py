"""The factors of the published data sets as factor spaces: order, levels, units and groups.

Names and values are the authors'. Angles are in degrees. Where a value was never published (which object a
Cars3D number is, how high its camera stood), the level's number or its place in [0, 1] stands for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from simfactor.errors import SimfactorError
from simfactor.factors import Angle, Categorical, Continuous, Factor, FactorSpace

HUE = Angle(0, 1, "turn", "color", levels=10, period=1)


def _numbers(count: int, group: str) -> Categorical:
    return Categorical(tuple(str(i) for i in range(count)), group)


def _share(levels: int, group: str) -> Continuous:
    return Continuous(0, 1, group=group, levels=levels)


DSPRITES = FactorSpace(
    {
        "color": Categorical(("white",), "color"),
        "shape": Categorical(("square", "ellipse", "heart"), "shape"),
        "scale": Continuous(0.5, 1, group="shape", levels=6),
        # Published are 40 angles from 0 to the full turn, both included: a hair less keeps both as levels.
        "orientation": Angle(0, 360 * (1 - 1e-6), group="pose", levels=40),
        "pos_x": Continuous(0, 1, group="pose", levels=32),
        "pos_y": Continuous(0, 1, group="pose", levels=32),
    },
    scene="dsprites",
)

SHAPES3D = FactorSpace(
    {
        "floor_hue": HUE,
        "wall_hue": HUE,
        "object_hue": HUE,
        "scale": Continuous(0.75, 1.25, group="shape", levels=8),
        "shape": Categorical(("cube", "cylinder", "sphere", "capsule"), "shape"),
        "orientation": Angle(-30, 30, group="camera", levels=15),
    },
    scene="shapes3d",
)


def _mpi3d(colors: Sequence[str], shapes: Sequence[str]) -> FactorSpace:
    return FactorSpace(
        {
            "object_color": Categorical(tuple(colors), "color"),
            "object_shape": Categorical(tuple(shapes), "shape"),
            "object_size": Categorical(("small", "large"), "shape"),
            "camera_height": Categorical(("top", "center", "bottom"), "camera"),
            "background_color": Categorical(("purple", "sea_green", "salmon"), "color"),
            "horizontal_axis": Continuous(0, 39, "step", "pose", levels=40),
            "vertical_axis": Continuous(0, 39, "step", "pose", levels=40),
        },
        scene="mpi3d",
    )


MPI3D = _mpi3d(
    ("white", "green", "red", "blue", "brown", "olive"),
    ("cone", "cube", "cylinder", "hexagonal", "pyramid", "sphere"),
)
MPI3D_COMPLEX = _mpi3d(
    ("yellow", "green", "olive", "red"), ("coffee_cup", "tennis_ball", "croissant", "beer_cup")
)

CARS3D = FactorSpace(
    {
        "elevation": Continuous(0, 3, "step", "camera", levels=4),
        "azimuth": Angle(0, 360, group="camera", levels=24),
        "object": _numbers(183, "shape"),
    },
    scene="cars3d",
)

SMALLNORB = FactorSpace(
    {
        "category": Categorical(("animal", "human", "airplane", "truck", "car"), "shape"),
        "instance": _numbers(10, "shape"),
        "elevation": Continuous(30, 70, "deg", "camera", levels=9),
        "azimuth": Angle(0, 360, group="camera", levels=18),
        "lighting": _numbers(6, "lighting"),
    },
    scene="smallnorb",
)

ISAAC3D = FactorSpace(
    {
        "object_shape": _numbers(3, "shape"),
        "robot_x": _share(8, "pose"),
        "robot_y": _share(5, "pose"),
        "camera_height": _share(4, "camera"),
        "object_scale": _share(4, "shape"),
        "lighting_intensity": _share(4, "lighting"),
        "lighting_y": _share(6, "lighting"),
        "object_color": _numbers(4, "color"),
        "wall_color": _numbers(4, "color"),
    },
    scene="isaac3d",
)

FALCOR3D = FactorSpace(
    {
        "lighting_intensity": _share(5, "lighting"),
        "lighting_x": _share(6, "lighting"),
        "lighting_y": _share(6, "lighting"),
        "lighting_z": _share(6, "lighting"),
        "camera_x": _share(6, "camera"),
        "camera_y": _share(6, "camera"),
        "camera_z": _share(6, "camera"),
    },
    scene="falcor3d",
)

ROBOT_FINGER = FactorSpace(
    {
        "shape": Categorical(("cube",), "shape"),
        "color": _numbers(8, "color"),
        "size": Continuous(0.065, 0.065, "m", "shape", levels=1),
        "joint0": Continuous(-0.65, 0.65, "rad", "pose", levels=30),
        "joint1": Continuous(-0.5, 0.5, "rad", "pose", levels=30),
        "joint2": Continuous(-0.8, 0.8, "rad", "pose", levels=30),
        "x": Continuous(-0.11, 0.11, "m", "pose", levels=30),
        "y": Continuous(-0.11, 0.11, "m", "pose", levels=30),
        "angle": Angle(0, 90, group="pose", levels=10, period=90),  # a cube looks the same after a quarter
    },
    scene="robot_finger",
)


def first_levels(space: FactorSpace, sizes: Sequence[int]) -> FactorSpace:
    """The space of the first ``sizes[k]`` levels of every factor. Raises SimfactorError when it has fewer."""
    published = space.sizes
    fit = len(sizes) == len(published) and all(
        not isinstance(size, bool) and isinstance(size, int) and 1 <= size <= (all_ or 1)
        for size, all_ in zip(sizes, published, strict=True)
    )
    if not fit:
        raise SimfactorError(
            f"sizes={tuple(sizes)} must be {len(published)} whole numbers, for {', '.join(space.names)}, at "
            f"least 1 and at most {published}."
        )
    return replace(
        space,
        factors={n: _first(f, size) for (n, f), size in zip(space.factors.items(), sizes, strict=True)},
    )


def _first(factor: Factor, size: int) -> Factor:
    if size == factor.levels:
        return factor
    if isinstance(factor, Categorical):
        return replace(factor, values=factor.values[:size])
    return replace(factor, high=float(factor.grid()[size - 1]), levels=size)
