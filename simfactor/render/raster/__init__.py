"""The batch renderer ``raster``, in NVIDIA Warp."""

from simfactor.render.raster.renderer import RasterRenderer, preload

__all__ = ["RasterRenderer", "preload"]
