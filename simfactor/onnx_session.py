"""ONNX files, opened for running: by whoever acts, with or without torch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from simfactor.errors import SimfactorError

ERRORS = 3  # the severity from which on ONNX Runtime logs; they are raised, too


def open_session(path: Path, threads: int) -> Any:
    """ONNX Runtime on a file; 0 threads are as many as it likes.

    Raises SimfactorError if ONNX Runtime is missing or cannot read the file.
    """
    try:
        import onnxruntime
    except ModuleNotFoundError as error:
        raise SimfactorError(
            f"opening {path} needs onnxruntime, and {error.name} is not installed; run "
            "pip install 'simfactor[onnx]'."
        ) from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.log_severity_level = ERRORS
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # its errors have no base of their own
        raise SimfactorError(
            f"ONNX Runtime {onnxruntime.__version__} cannot read {path} "
            f"({(str(error).splitlines() or [''])[-1]}); export it again."
        ) from error
