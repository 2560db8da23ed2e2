import subprocess
import sys

import pytest

from simfactor.errors import SimfactorError
from simfactor.render import RENDERERS, make_renderer
from simfactor.render.bullet_gl import missing
from simfactor.render.renderer import check_renderer


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


def test_options_may_be_part_of_the_name(world):
    with make_renderer("tiny:shadows=false") as renderer, make_renderer("tiny", shadows=False) as same:
        assert (renderer.render(world.base).rgb == same.render(world.base).rgb).all()


def test_arguments_go_before_options_of_the_name(world):
    with make_renderer("tiny:shadows=false", shadows=True) as renderer, make_renderer("tiny") as usual:
        assert (renderer.render(world.base).rgb == usual.render(world.base).rgb).all()


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("tiny:shadow=false", r"unknown option of the renderer 'tiny' 'shadow'.* Did you mean 'shadows'\?"),
        ("tiny:shadows", r"'shadows' in the renderer 'tiny:shadows' is no option; write it as in"),
        ("tiny:shadows=[", r"'shadows=\[' in the renderer 'tiny:shadows=\[' is no option; write it as in"),
        ("tiny:=4", r"'=4' in the renderer 'tiny:=4' is no option; write it as in"),
        ("tinny:shadows=false", r"unknown renderer 'tinny'"),
    ],
)
def test_options_that_are_not_possible_are_named_at_the_door(name, message):
    with pytest.raises(SimfactorError, match=message):
        check_renderer(name)


def test_the_option_of_a_path_tracer_is_checked_at_the_door():
    pytest.importorskip("mitsuba")
    check_renderer("pathtrace:samples=4,environment=sky")
    with pytest.raises(SimfactorError, match="samples=0 must be a positive whole number"):
        check_renderer("pathtrace:samples=0")


def test_unknown_renderer():
    with pytest.raises(
        SimfactorError, match=r"unknown renderer 'tinny'; allowed: .*tiny.* Did you mean 'tiny'\?"
    ):
        make_renderer("tinny")


def test_importing_the_package_loads_no_pybullet():
    code = "import simfactor.render, sys; sys.exit('pybullet' in sys.modules or 'torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
