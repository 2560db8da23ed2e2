"""A real camera, measured with a chessboard: its lens, where it stands, and the factors that match it."""

from simfactor.data.calibration.board import Chessboard
from simfactor.data.calibration.lens import Calibration, calibrate
from simfactor.data.calibration.matching import match_camera
from simfactor.data.calibration.pose import CameraPose, locate_camera

__all__ = ["Calibration", "CameraPose", "Chessboard", "calibrate", "locate_camera", "match_camera"]
