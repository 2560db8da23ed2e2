from collections.abc import Iterator

import pytest

from simfactor.scene import SCENES, Scene, open_scene


@pytest.fixture(scope="session")
def scenes() -> Iterator[dict[str, Scene]]:
    """All scenes, open: they have a history, as they have in real use."""
    opened = {name: open_scene(name) for name in SCENES}
    yield opened
    for scene in opened.values():
        scene.close()


@pytest.fixture
def tabletop(scenes: dict[str, Scene]) -> Scene:
    scenes["tabletop"].reset()
    return scenes["tabletop"]
