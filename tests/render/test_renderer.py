import subprocess
import sys

import pytest

from simfactor.errors import SimfactorError
from simfactor.render import RENDERERS, make_renderer
from simfactor.render.bullet_gl import missing


@pytest.mark.parametrize("name", RENDERERS)
def test_every_renderer_of_the_table_renders(world, name):
    if name == "bullet-gl" and missing():
        pytest.skip(missing())
    if name == "pathtrace":
        pytest.importorskip("mitsuba")
    with make_renderer(name) as renderer:
        assert renderer.render(world.base).rgb.shape == (1, 64, 64, 3)


def test_options_reach_the_renderer(world):
    with make_renderer("tiny", shadows=False) as renderer:
        assert (renderer.render(world.base).rgb == world.render(world.base, shadows=False).rgb).all()


def test_unknown_renderer():
    with pytest.raises(
        SimfactorError, match=r"unknown renderer 'tinny'; allowed: .*tiny.* Did you mean 'tiny'\?"
    ):
        make_renderer("tinny")


def test_importing_the_package_loads_no_pybullet():
    code = "import simfactor.render, sys; sys.exit('pybullet' in sys.modules or 'torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
