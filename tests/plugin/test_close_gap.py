"""The command `close-gap`: its exit statuses, and what it prints and leaves."""

from pathlib import Path

import pytest

from simfactor.cli import main
from simfactor.data import generate
from simfactor.encoders import FactorEncoder
from simfactor.factors import load_space


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data set of a light that varies, another of it, and an encoder that has learned nothing yet."""
    folder, full = tmp_path_factory.mktemp("loop"), load_space("tabletop")
    still = full.decode(full.sample(1, seed=3)[0])
    space = full.fix({name: value for name, value in still.items() if name != "light_intensity"})
    for seed, name in enumerate(("data", "others")):
        generate(space, folder / name, 60, seed, workers=1, progress=False)
    FactorEncoder(space.varying, 64).save_pretrained(folder / "encoder")
    return folder


def command(folder: Path, target: str, out: str, *options: str) -> list[str]:
    parts = ["close-gap", str(folder / "data"), str(folder / target), "--out", str(folder / out)]
    return [*parts, "--encoder", str(folder / "encoder"), "--budget", "2", "--pictures", "8", *options]


def test_a_folder_against_itself(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(command(folder, "data", "same")) == 3
    assert "there is nothing to do, and encoder and space are unchanged." in capsys.readouterr().out
    assert sorted(path.name for path in (folder / "same").iterdir()) == [
        "close_gap.json",
        "encoder",
        "recipe.json",
        "space.yaml",
    ]


def test_nothing_is_kept_where_nothing_differs(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(command(folder, "others", "out", "--count", "20")) == 1
    said = capsys.readouterr()
    assert said.out.splitlines()[-1] == f"encoder and space: {folder / 'out'}"
    assert "Nothing is kept, encoder and space are as they were" in said.out
    assert [line.split(":")[0] for line in said.err.splitlines() if line.startswith("round")] == [
        "round 0",
        "round 1",
    ]


def test_a_mistake_is_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(command(folder, "others", "bad", "--factors", "camera")) == 2
    assert "none of ('camera',) varies in the space" in capsys.readouterr().err
    assert not (folder / "bad").exists()
