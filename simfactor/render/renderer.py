"""What a renderer is, and the table of those there are."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

import yaml

from simfactor.errors import SimfactorError, unknown_name
from simfactor.frames import Images, RenderBatch
from simfactor.render.sensing import SensorRenderer


class Renderer(Protocol):
    """What every renderer does. The same batch gives the same bytes, whatever was rendered before."""

    def render(self, batch: RenderBatch) -> Images:
        """Render all images of ``batch``."""

    def close(self) -> None:
        """Free what the renderer holds; a second call does nothing."""

    def __enter__(self) -> Renderer:
        """Returns itself."""

    def __exit__(self, *error: object) -> None:
        """Close."""


def _tiny() -> Callable[..., Renderer]:
    from simfactor.render.tiny import TinyRenderer  # here, because it loads PyBullet

    return TinyRenderer


def _bullet_gl() -> Callable[..., Renderer]:
    from simfactor.render.bullet_gl import BulletGLRenderer  # here, because it loads PyBullet

    return BulletGLRenderer


def _raster() -> Callable[..., Renderer]:
    try:
        from simfactor.render.raster import RasterRenderer  # here, because it loads Warp
    except ImportError as error:
        raise SimfactorError(
            f"the renderer 'raster' needs the package warp-lang, which cannot be loaded here ({error}); "
            "install it, or choose the renderer 'tiny', which is slower."
        ) from error
    return RasterRenderer


def _pathtrace() -> Callable[..., Renderer]:
    try:
        import mitsuba  # noqa: F401  here, because it is an extra
    except ImportError as error:
        raise SimfactorError(
            f"the renderer 'pathtrace' needs Mitsuba 3, which cannot be loaded here ({error}); run "
            "pip install 'simfactor[pathtrace]', or choose the renderer 'raster'."
        ) from error
    from simfactor.render.pathtrace import PathTracer

    return PathTracer


RENDERERS: dict[str, Callable[[], Callable[..., Renderer]]] = {
    "raster": _raster,
    "tiny": _tiny,
    "bullet-gl": _bullet_gl,
    "pathtrace": _pathtrace,
}


class NamedRenderer(NamedTuple):
    """What a text names: a renderer, and arguments of its constructor."""

    name: str
    options: dict[str, Any]


def parse_renderer(text: str) -> NamedRenderer:
    """What ``pathtrace:samples=4,environment=sky`` asks for: a name, and options if there are any.

    Raises SimfactorError for a name that is not in ``RENDERERS``, and options without a value.
    """
    name, _, rest = text.partition(":")
    if name not in RENDERERS:
        raise unknown_name("renderer", name, RENDERERS)
    options = {}
    for pair in rest.split(",") if rest else ():
        option, _, value = (part.strip() for part in pair.partition("="))
        try:
            options[option] = yaml.safe_load(value)
        except yaml.YAMLError:
            options[option] = None
        if not option or options[option] is None:
            raise SimfactorError(
                f"{pair!r} in the renderer {text!r} is no option; write it as in 'pathtrace:samples=4'."
            )
    return NamedRenderer(name, options)


def check_renderer(text: str) -> None:
    """Raise SimfactorError as :func:`make_renderer` does, for a renderer whose name may have options."""
    chosen = parse_renderer(text)
    if chosen.options:
        make_renderer(text).close()
    elif chosen.name == "pathtrace":
        _pathtrace()


def make_renderer(name: str = "raster", **options: Any) -> Renderer:
    """Open a renderer by its name in ``RENDERERS``; ``options`` are its constructor's.

    Options can be part of the name, wherever a renderer is named: ``pathtrace:samples=4,environment=sky``;
    those that are given as arguments go before. The renderers of the table show what ideal cameras see; this
    one's pictures are those of the batch's sensors. Raises SimfactorError for a name or an option that there
    is not, and where the renderer's extra cannot be loaded.
    """
    chosen = parse_renderer(name)
    maker = RENDERERS[chosen.name]()
    asked = chosen.options | options
    allowed = inspect.signature(maker).parameters
    for option in asked:
        if option not in allowed:
            raise unknown_name(f"option of the renderer {chosen.name!r}", option, allowed)
    return SensorRenderer(maker(**asked))
