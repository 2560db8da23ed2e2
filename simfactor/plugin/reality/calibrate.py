"""The command that narrows a factor space to what unlabelled pictures show."""

from __future__ import annotations

from pathlib import Path

from simfactor.adaptation import calibrate_space, open_pictures
from simfactor.encoders import FactorEncoder
from simfactor.errors import SimfactorError
from simfactor.factors import load_space, save_space
from simfactor.json_files import write_json
from simfactor.provenance import commit, versions


def calibrate(
    target: str,
    encoder: str,
    space: str,
    out: str,
    json: str | None,
    factors: tuple[str, ...],
    budget: int,
    pictures: int,
    alpha: float,
    seed: int,
    device: str,
) -> None:
    """Calibrate a space to the pictures in a folder, print what was found, and write the space.

    ``out`` gets the space, the given one if nothing was accepted; ``json`` the numbers. Raises SimfactorError
    as :func:`simfactor.adaptation.calibrate_space` does; then nothing is written.
    """
    for path in (out, *([json] if json else [])):
        if not Path(path).parent.is_dir():
            raise SimfactorError(f"cannot write {path!r}: its folder does not exist; make it first.")
    start, opened = load_space(space), FactorEncoder.from_pretrained(encoder)
    asked = {"budget": budget, "pictures": pictures, "alpha": alpha, "seed": seed}
    found = calibrate_space(
        opened,
        open_pictures(target, opened),
        start,
        factors,
        budget=budget,
        pictures=pictures,
        alpha=alpha,
        seed=seed,
        device=device,
    )
    save_space(found.space, out)
    if json is not None:
        told = {"target": target, "encoder": encoder, "space": space, "factors": list(factors), **asked}
        write_json(
            Path(json),
            {"asked": told, "found": found.to_dict(), "versions": versions(), "commit": commit()},
        )
    print(f"{found.table()}\n\n{found.sentence()}\nwritten: {out}")
