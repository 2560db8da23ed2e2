"""What PyBullet prints on import stays out of our users' output."""

import subprocess
import sys


def test_opening_a_scene_prints_nothing() -> None:
    code = "from simfactor.scene import open_scene; open_scene('tabletop').close()"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (result.stdout, result.stderr) == ("", "")
