"""A path tracer on Mitsuba 3: light bounces, shadows are soft, and surfaces reflect each other."""

from simfactor.render.pathtrace.environment import Environment
from simfactor.render.pathtrace.renderer import PathTracer

__all__ = ["Environment", "PathTracer"]
