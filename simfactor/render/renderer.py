"""What a renderer is, and the table of those there are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

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


def _tiny(**options: Any) -> Renderer:
    from simfactor.render.tiny import TinyRenderer  # here, because it loads PyBullet

    return TinyRenderer(**options)


def _bullet_gl(**options: Any) -> Renderer:
    from simfactor.render.bullet_gl import BulletGLRenderer  # here, because it loads PyBullet

    return BulletGLRenderer(**options)


def _raster(**options: Any) -> Renderer:
    try:
        from simfactor.render.raster import RasterRenderer  # here, because it loads Warp
    except ImportError as error:
        raise SimfactorError(
            f"the renderer 'raster' needs the package warp-lang, which cannot be loaded here ({error}); "
            "install it, or choose the renderer 'tiny', which is slower."
        ) from error
    return RasterRenderer(**options)


def _pathtrace(**options: Any) -> Renderer:
    check_renderer("pathtrace")
    from simfactor.render.pathtrace import PathTracer  # here, because it loads Mitsuba

    return PathTracer(**options)


RENDERERS: dict[str, Callable[..., Renderer]] = {
    "raster": _raster,
    "tiny": _tiny,
    "bullet-gl": _bullet_gl,
    "pathtrace": _pathtrace,
}


def check_renderer(name: str) -> None:
    """Raise SimfactorError for a name that is not in ``RENDERERS``, and where its extra cannot be loaded."""
    if name not in RENDERERS:
        raise unknown_name("renderer", name, RENDERERS)
    if name == "pathtrace":
        try:
            import mitsuba  # noqa: F401  here, because it is an extra
        except ImportError as error:
            raise SimfactorError(
                f"the renderer 'pathtrace' needs Mitsuba 3, which cannot be loaded here ({error}); run "
                "pip install 'simfactor[pathtrace]', or choose the renderer 'raster'."
            ) from error


def make_renderer(name: str = "raster", **options: Any) -> Renderer:
    """Open a renderer by its name in ``RENDERERS``; ``options`` are its constructor's.

    Those of the table show what ideal cameras see; this one's pictures are those of the batch's sensors.
    Raises SimfactorError as :func:`check_renderer`.
    """
    check_renderer(name)
    return SensorRenderer(RENDERERS[name](**options))
