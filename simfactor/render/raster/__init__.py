"""The batch renderer ``raster``, in NVIDIA Warp."""

from simfactor.render.raster.renderer import RasterRenderer

__all__ = ["RasterRenderer"]
