"""The command that measures a real camera with a chessboard."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from simfactor.atomic import all_or_nothing
from simfactor.data import Calibration, CameraPose, Chessboard, calibrate, locate_camera, match_camera
from simfactor.data.calibration.pose import FACTORS
from simfactor.data.pictures import picture_files
from simfactor.errors import SimfactorError
from simfactor.factors import load_space

ROLLED = 1.0  # degrees: more than this is told


def camera(
    pictures: str,
    board: str,
    square: float,
    out: str,
    pose: str | None,
    origin: tuple[float, float, float],
    yaw: float,
    like: str,
    space: str | None,
) -> None:
    """Calibrate a camera, place it where a picture was taken, print what was measured, and write it.

    ``out`` gets the measurements, ``space`` the factor space ``like`` with this camera. Raises SimfactorError
    for what cannot be measured; then nothing is written.
    """
    chessboard = Chessboard.named(board, square)
    if space is not None and pose is None:
        raise SimfactorError("--space needs --pose, the picture of a board that lies in the workspace.")
    for path in (out, *([space] if space else [])):
        if not Path(path).parent.is_dir():
            raise SimfactorError(f"cannot write {path!r}: its folder does not exist; make it first.")
    if pose is not None and not Path(pose).is_file():
        raise SimfactorError(f"there is no picture {pose!r}; give the one of the board in the workspace.")
    base = load_space(like)
    if space is not None:
        base.select(FACTORS)
    calibration = calibrate(picture_files(Path(pictures)), chessboard)
    place = None if pose is None else locate_camera(calibration, pose, chessboard, origin, yaw)
    texts = {Path(out): _yaml(measured(calibration, place))}
    if space is not None and place is not None:
        texts[Path(space)] = _yaml(match_camera(base, place).to_dict())
    with all_or_nothing(list(texts)) as files:
        for file, text in texts.items():
            files[file].write(text.encode())
    print(
        "\n".join([*_lens_lines(calibration), *_place_lines(place), f"written: {', '.join(map(str, texts))}"])
    )


def measured(calibration: Calibration, place: CameraPose | None) -> dict[str, Any]:
    """Everything as plain data; ``Viewpoint(**data["viewpoint"])`` is the camera for a render batch."""
    data: dict[str, Any] = {
        "width": calibration.width,
        "height": calibration.height,
        "focal": list(calibration.focal),
        "principal_point": list(calibration.principal_point),
        "distortion": calibration.distortion,
        "deviations": {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in calibration.deviations.items()
        },
        "error_pixels": calibration.error,
        "errors_pixels": dict(calibration.errors),
        "not_found": list(calibration.failed),
    }
    if place is not None:
        view = place.viewpoint
        names = ("position", "target", "up", "focal", "principal_point")
        data["viewpoint"] = {name: list(getattr(view, name)) for name in names}
        data["factors"] = {
            name: {"value": value, "deviation": deviation}
            for name, (value, deviation) in place.factors.items()
        }
        data |= {"aside_degrees": place.aside, "roll_degrees": place.roll, "pose_error_pixels": place.error}
    return data


def _yaml(data: dict[str, Any]) -> str:
    text: str = yaml.safe_dump(data, sort_keys=False)
    return text


def _lens_lines(calibration: Calibration) -> list[str]:
    deviations = calibration.deviations
    pairs = {"focal": calibration.focal, "principal point": calibration.principal_point}
    units = {"focal": "image heights", "principal point": "shares of width and height"}
    lines = [
        f"boards found in {len(calibration.errors)} pictures, not in {len(calibration.failed)}",
        f"reprojection error {calibration.error:.3f} pixels",
    ]
    for name, (x, y) in pairs.items():
        dx, dy = deviations[name.replace(" ", "_")]  # type: ignore[misc]  # both are pairs
        lines.append(f"{name:16} {x:.4f} +- {dx:.4f}, {y:.4f} +- {dy:.4f}  {units[name]}")
    for name, value in calibration.distortion.items():
        lines.append(f"{name:16} {value:.4f} +- {deviations[name]:.4f}")
    return lines


def _place_lines(place: CameraPose | None) -> list[str]:
    if place is None:
        return []
    lines = [f"{name:16} {value:.3f} +- {sd:.3f}" for name, (value, sd) in place.factors.items()]
    if max(place.aside, abs(place.roll)) > ROLLED:
        lines.append(
            f"The scene's camera looks at the middle of the workspace, upright; yours looks "
            f"{place.aside:.1f} degrees aside and is rolled by {place.roll:.1f}. The viewpoint has both, "
            "the factors do not."
        )
    return lines
