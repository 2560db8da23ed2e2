"""Where the kernels run, and the memory they run on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any

import numpy as np
import warp as wp
from numpy.typing import NDArray

from simfactor.errors import SimfactorError
from simfactor.silence import silence

Array = NDArray[Any]

LOADING = Lock()  # Warp loads a module at its first launch; two threads that do crash the process


@contextmanager
def quiet() -> Iterator[None]:
    """Warp reports every module that it loads; errors only, for as long as this lasts."""
    before = wp.config.log_level
    wp.config.log_level = wp.LOG_ERROR
    try:
        yield
    finally:
        wp.config.log_level = before


def choose_device(name: str) -> str:
    """``auto`` is CUDA where there is one. Raises SimfactorError for a device that this machine lacks."""
    with quiet(), silence():  # it would warn of each driver that is not there
        wp.init()
        found = [device.alias for device in wp.get_devices()]
    if name == "auto":
        return "cuda:0" if "cuda:0" in found else "cpu"
    chosen = "cuda:0" if name == "cuda" else name
    if chosen not in found:
        raise SimfactorError(f"device={name!r} is not on this machine; choose among {['auto', *found]}.")
    return chosen


class Memory:
    """Arrays on a device by name, kept between calls and made anew when they are too small.

    Launches are kept, too: one with the arguments of the last costs a fraction of a new one, which is most of
    the time of a single small image.
    """

    def __init__(self, device: str) -> None:
        self.device = device
        self._arrays: dict[str, Any] = {}
        self._views: dict[str, Array] = {}
        self._launches: dict[str, tuple[list[Any], Any]] = {}

    def take(self, name: str, count: int, dtype: Any) -> Any:
        """An array of at least ``count`` elements, with whatever was in it."""
        array = self._arrays.get(name)
        if array is None or array.shape[0] < count:
            room = max(count, 1) if array is None else max(count, 2 * array.shape[0])
            array = self._arrays[name] = wp.empty(room, dtype=dtype, device=self.device)
            if self.device == "cpu":
                self._views[name] = array.numpy()
        return array

    def launch(self, kernel: Any, threads: int, *inputs: Any) -> None:
        """Launch a kernel."""
        if not threads:
            return
        if kernel.key not in self._launches:
            with LOADING:
                command = wp.launch(kernel, threads, inputs=inputs, device=self.device, record_cmd=True)
            self._launches[kernel.key] = (list(inputs), command)
        given, command = self._launches[kernel.key]
        for i, value in enumerate(inputs):
            if value is not given[i] and (not isinstance(value, (int, float)) or value != given[i]):
                command.set_param_at_index(i, value)
                given[i] = value
        command.set_dim(threads)
        command.launch()

    @property
    def commands(self) -> dict[str, Any]:
        """The last launch of every kernel, by its name."""
        return {name: command for name, (_, command) in self._launches.items()}

    def put(self, name: str, values: Array, dtype: Any) -> Any:
        """An array that begins with ``values``, whose last axis is the element if that is a vector."""
        count = values.size // getattr(dtype, "_length_", 1)
        array = self.take(name, count, dtype)
        if self.device == "cpu":
            view = self._views[name][:count]
            np.copyto(view, values.reshape(view.shape), casting="same_kind")
        elif count:
            host = np.ascontiguousarray(values, wp.dtype_to_numpy(getattr(dtype, "_wp_scalar_type_", dtype)))
            wp.copy(array, wp.array(host.reshape(-1), dtype=dtype, device="cpu", copy=False), count=count)
        return array


def on_device(values: Array, dtype: Any, device: str) -> Any:
    """A warp array of ``values``; on the CPU it shares their memory."""
    return wp.array(np.ascontiguousarray(values), dtype=dtype, device=device, copy=False)
