"""Renderers: RenderBatch in, Images out. The studio joins a scene to one."""

from simfactor.render.counterfactuals import render_counterfactuals
from simfactor.render.renderer import RENDERERS, Renderer, make_renderer
from simfactor.render.studio import Studio, StudioSpec

__all__ = ["RENDERERS", "Renderer", "Studio", "StudioSpec", "make_renderer", "render_counterfactuals"]
