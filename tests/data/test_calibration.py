"""A camera whose lens and place are known is found again, and what cannot be measured is said."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from boards import Taken, looking, tilted
from PIL import Image

from simfactor.data import Calibration, CameraPose, Chessboard, calibrate, locate_camera, match_camera
from simfactor.errors import SimfactorError
from simfactor.factors import Continuous, FactorSpace, load_space
from simfactor.frames import focal_length
from simfactor.scene import Camera
from simfactor.scene.optics import LOOK_AT

BOARD = Chessboard(9, 6, 0.03)
LENS = np.array([430.0, 426.0, 235.0, 184.0, -0.18, 0.06, 0.001, -0.0015])
CAMERA = Taken(LENS)
PLACE = Camera(azimuth=170.0, elevation=38.0, distance=0.85, fov=45.8)
ASIDE = np.array([0.01, 0.0, -0.14])
ORIGIN, YAW, ROLL = (0.25, -0.1, 0.01), 100.0, 3.0


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("boards")
    files = [folder / f"{i}.png" for i in range(9)]
    for i, (rotation, translation) in enumerate(tilted(BOARD, len(files), 0.45, seed=1)):
        Image.fromarray(CAMERA.picture(BOARD, rotation, translation, seed=i)).save(files[i])
    return files


@pytest.fixture(scope="session")
def calibration(files: list[Path]) -> Calibration:
    return calibrate(files, BOARD)


@pytest.fixture(scope="session")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The board on the table, turned, and a camera that looks past the middle of the workspace, rolled."""
    path = tmp_path_factory.mktemp("workspace") / "table.png"
    to_camera = looking(PLACE.position, LOOK_AT + ASIDE, ROLL)
    turn = cv2.Rodrigues(np.radians([0.0, 0.0, YAW]))[0]
    translation = to_camera @ (np.array(ORIGIN) - PLACE.position)
    Image.fromarray(CAMERA.picture(BOARD, to_camera @ turn, translation)).save(path)
    return path


@pytest.fixture(scope="session")
def pose(calibration: Calibration, workspace: Path) -> CameraPose:
    return locate_camera(calibration, workspace, BOARD, ORIGIN, YAW)


def test_the_lens_is_found_within_what_is_said_of_it(calibration: Calibration) -> None:
    deviations = np.sqrt(np.diag(calibration.covariance))
    assert (abs(calibration.lens - LENS) < 3 * deviations).all()
    assert (deviations[:4] < 0.6).all()  # pixels
    assert (abs(calibration.lens - LENS)[4:] < [0.01, 0.06, 0.001, 0.001]).all()
    assert calibration.error < 0.1
    assert max(calibration.errors.values()) < 0.2
    assert calibration.failed == ()


def test_a_lens_in_the_units_of_render_batches(calibration: Calibration) -> None:
    assert calibration.focal == pytest.approx((430 / 360, 426 / 360), rel=2e-3)
    assert calibration.principal_point == pytest.approx((235.5 / 480, 184.5 / 360), abs=2e-3)
    assert calibration.distortion["k1"] == pytest.approx(-0.18, abs=0.01)
    assert 0 < calibration.deviations["focal"][1] < 2e-3
    assert 0 < calibration.deviations["k2"] < 0.05


def test_deviations_are_opencvs(calibration: Calibration, files: list[Path]) -> None:
    corners = [BOARD.find(np.asarray(Image.open(file))).astype(np.float32) for file in files]
    *_, theirs, _, _ = cv2.calibrateCameraExtended(
        [BOARD.points.astype(np.float32)] * len(files),
        corners,
        (CAMERA.width, CAMERA.height),
        np.eye(3),
        np.zeros(5),
        flags=cv2.CALIB_FIX_K3,
    )
    np.testing.assert_allclose(np.sqrt(np.diag(calibration.covariance)), theirs.ravel()[:8], rtol=1e-3)


def test_lines_are_straight_in_undistorted_pictures(calibration: Calibration, files: list[Path]) -> None:
    def bend(picture: np.ndarray) -> float:
        rows = BOARD.find(picture).reshape(BOARD.rows, BOARD.columns, 2)
        return max(np.linalg.svd(row - row.mean(axis=0))[1][1] for row in rows)

    bent = [np.asarray(Image.open(file)) for file in files[:3]]
    assert max(bend(calibration.undistorted(picture)) for picture in bent) < 0.3
    assert max(map(bend, bent)) > 0.6
    with pytest.raises(SimfactorError, match="has 6 x 5 pixels, those of the calibration have 480 x 360"):
        calibration.undistorted(np.zeros((5, 6, 3), np.uint8))


def test_corners_are_in_the_boards_own_order_however_it_is_turned() -> None:
    for seed in range(3):
        (rotation, translation) = tilted(BOARD, 1, 0.45, seed)[0]
        found = BOARD.find(CAMERA.picture(BOARD, rotation, translation))
        rotated, _ = cv2.Rodrigues(rotation)
        truth, _ = cv2.projectPoints(BOARD.points, rotated, translation, CAMERA.matrix, LENS[4:])
        np.testing.assert_allclose(found, truth.reshape(-1, 2), atol=0.4)


def test_the_camera_is_found_where_it_stands(pose: CameraPose) -> None:
    np.testing.assert_allclose(pose.viewpoint.position, PLACE.position, atol=2e-3)
    truth = (PLACE.azimuth, PLACE.elevation, PLACE.distance, np.degrees(2 * np.arctan(180 / 426)))
    for (name, (value, deviation)), true in zip(pose.factors.items(), truth, strict=True):
        assert abs(value - true) < 4 * deviation, name
        assert deviation < 0.005 * max(1.0, abs(true)), name
    assert pose.roll == pytest.approx(ROLL, abs=0.2)  # its right side is up
    towards = LOOK_AT - PLACE.position
    aim = towards + ASIDE
    expected = np.degrees(np.arccos(towards @ aim / np.linalg.norm(towards) / np.linalg.norm(aim)))
    assert pose.aside == pytest.approx(expected, abs=0.2)
    assert pose.error < 0.2


def test_a_viewpoint_sees_the_board_where_the_picture_has_it(
    pose: CameraPose, calibration: Calibration, workspace: Path
) -> None:
    """The renderers' projection, written out: right, down and ahead in image heights and shares."""
    found = BOARD.find(np.asarray(Image.open(workspace)))
    bare = calibration.matrix, calibration.lens[4:], None, calibration.matrix
    seen = cv2.undistortPoints(found[:, None], *bare).reshape(-1, 2)
    view = pose.viewpoint
    ahead = np.subtract(view.target, view.position)
    right = np.cross(ahead, view.up)
    axes = np.stack([right / np.linalg.norm(right), -np.asarray(view.up), ahead / np.linalg.norm(ahead)])
    turn = cv2.Rodrigues(np.radians([0.0, 0.0, YAW]))[0]
    x, y, depth = axes @ (BOARD.points @ turn.T + ORIGIN - view.position).T
    shares = view.principal_point[0] + view.focal[0] * x / depth * 360 / 480
    down = view.principal_point[1] + view.focal[1] * y / depth
    np.testing.assert_allclose(np.stack([480 * shares, 360 * down], 1) - 0.5, seen, atol=0.3)


def test_a_space_gets_the_cameras_factors(pose: CameraPose) -> None:
    space = load_space("tabletop")
    matched = match_camera(space, pose)
    for name, (value, deviation) in pose.factors.items():
        factor = matched[name]
        assert (factor.low, factor.high) == pytest.approx((value - 2 * deviation, value + 2 * deviation))
        assert (factor.unit, factor.group) == (space[name].unit, "camera")
    others = [name for name in space.names if name not in pose.factors]
    assert matched.select(others) == space.select(others)
    assert FactorSpace.from_dict(matched.to_dict()) == matched
    with pytest.raises(SimfactorError, match="unknown factor 'camera_azimuth'"):
        match_camera(FactorSpace({"light": Continuous(0, 1)}), pose)
    with pytest.raises(SimfactorError, match="deviations=0 must be above 0"):
        match_camera(space, pose, 0)


def test_the_fov_is_that_of_the_middle_square(calibration: Calibration, workspace: Path) -> None:
    tall = replace(calibration, width=360, height=480)
    picture = np.asarray(Image.open(workspace))
    turned = workspace.with_name("tall.png")
    Image.fromarray(np.pad(picture, ((0, 120), (0, 0), (0, 0)), mode="edge")[:, 60:420]).save(turned)
    (fov, _) = locate_camera(tall, turned, BOARD).factors["camera_fov"]
    assert focal_length(np.radians(fov)) == pytest.approx(calibration.lens[1] / 360, rel=1e-6)


def test_pictures_that_cannot_be_measured(files: list[Path], tmp_path: Path) -> None:
    empty = tmp_path / "empty.png"
    Image.new("RGB", (480, 360), "white").save(empty)
    with pytest.raises(
        SimfactorError, match=r"found in 1 pictures, needed are 5. It was not found in 1: .*empty"
    ):
        calibrate([files[0], empty], BOARD)
    with pytest.raises(SimfactorError, match=r"10 x 7 inner .* found in 0 .* 10 x 7 squares has 9 x 6 inner"):
        calibrate(files[:1], Chessboard(10, 7, 0.03))
    Image.new("RGB", (360, 480)).save(empty)
    with pytest.raises(
        SimfactorError, match=r"empty.png: it has 360 x 480 pixels, .* has 480 x 360; a calibration"
    ):
        calibrate([files[0], empty], BOARD)
    empty.write_text("no picture")
    with pytest.raises(SimfactorError, match=r"empty.png: it is no picture"):
        calibrate([empty], BOARD)


def test_boards_that_face_the_camera_leave_the_focal_length_open(tmp_path: Path) -> None:
    flat = np.diag([1.0, -1.0, -1.0])
    files = [tmp_path / f"{i}.png" for i in range(5)]
    for i, file in enumerate(files):
        middle = flat @ BOARD.points.mean(axis=0)
        picture = CAMERA.picture(BOARD, flat, np.array([0.02 * i - 0.04, 0, 0.4]) - middle, seed=i)
        Image.fromarray(picture).save(file)
    with pytest.raises(SimfactorError, match=r"uncertain by .*%.* the board is tilted"):
        calibrate(files, BOARD)


def test_a_place_that_cannot_be_told(calibration: Calibration, files: list[Path], tmp_path: Path) -> None:
    with pytest.raises(SimfactorError, match="looks the same after half a turn"):
        locate_camera(calibration, files[0], Chessboard(9, 5, 0.03))
    with pytest.raises(SimfactorError, match=r"0.png: no board of 10 x 7 inner corners"):
        locate_camera(calibration, files[0], Chessboard(10, 7, 0.03))
    with pytest.raises(
        SimfactorError, match=r"0.png: it shows a board of 9 x 6 .*, not of 6 x 3 inner corners"
    ):
        locate_camera(calibration, files[0], Chessboard(6, 3, 0.03))
    Image.new("RGB", (48, 36)).save(tmp_path / "small.png")
    with pytest.raises(SimfactorError, match=r"small.png: the picture has 48 x 36 pixels"):
        locate_camera(calibration, tmp_path / "small.png", BOARD)


@pytest.mark.parametrize(
    ("text", "square", "message"),
    [
        ("9", 0.02, "must be COLUMNSxROWS"),
        ("9x-6", 0.02, "must be COLUMNSxROWS"),
        ("9x2", 0.02, "rows=2 of a chessboard must be .* 3 or more"),
        ("9x6", 0.0, r"square=0.0 must be the side"),
    ],
)
def test_what_is_no_board(text: str, square: float, message: str) -> None:
    with pytest.raises(SimfactorError, match=message):
        Chessboard.named(text, square)
