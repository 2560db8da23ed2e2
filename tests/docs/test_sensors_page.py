"""What docs/sensors.md shows is executed."""

from pathlib import Path

from pages import DOCS, blocks, printed

from simfactor.factors import load_sensor
from simfactor.sensor import Sensor

GUIDE = (DOCS / "sensors.md").read_text()


def test_the_examples_run(tmp_path: Path) -> None:
    assert printed(GUIDE, tmp_path) == ["(4, 64, 64, 3) 1369", "(8, 96, 128, 3) uint8 True"]


def test_the_file_of_ones_own_loads(tmp_path: Path) -> None:
    (tmp_path / "my.yaml").write_text(blocks(GUIDE, "yaml")[0])
    assert list(load_sensor(tmp_path / "my.yaml")) == ["iso", "distortion_k1"]


def test_every_factor_is_told() -> None:
    assert all(f"`{name}`" in GUIDE for name in Sensor._fields)
