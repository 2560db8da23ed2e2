"""A PNG of the report, with the words around it."""

from __future__ import annotations

import base64
import struct
from dataclasses import dataclass

from simfactor.errors import SimfactorError

SIGNATURE = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True)
class Picture:
    """A PNG with what it shows. Raises SimfactorError for bytes that are no PNG."""

    title: str
    caption: str
    png: bytes

    def __post_init__(self) -> None:
        if self.png[:8] != SIGNATURE:
            raise SimfactorError(
                f"picture {self.title!r} begins with {self.png[:8]!r}, not as a PNG does; give PNG bytes."
            )

    @property
    def base64(self) -> str:
        """The bytes as a data URL holds them."""
        return base64.b64encode(self.png).decode()

    @property
    def css_width(self) -> int:
        """Pixels to show it at: half its own, so that it stays sharp on a dense screen."""
        return int(struct.unpack(">I", self.png[16:20])[0]) // 2
