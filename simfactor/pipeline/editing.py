"""The stage ``edit``: a picture of one's own edited, or such edits scored in the simulator."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from simfactor.atomic import write_atomically
from simfactor.config import RunConfig
from simfactor.encoders import FactorEncoder, edit_latents
from simfactor.encoders.editing import Value, check_blocks, check_editable, takes_values
from simfactor.errors import SimfactorError
from simfactor.factors import Categorical, FactorSpace
from simfactor.json_files import write_json
from simfactor.pipeline.edit_scores import COLUMNS, edit_table, edits_as_data, score_edits
from simfactor.pipeline.pictures import png
from simfactor.pipeline.plan import make_plan
from simfactor.pipeline.records import timed
from simfactor.report import image_grid

Image = NDArray[np.uint8]

NUMBER = re.compile(r"\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?)\s*(.*?)\s*", re.IGNORECASE)
LEGEND = """\
efficacy  share of the gain possible for this decoder that the edit makes
error     rms error of the edited picture to the true one, pixels in [0, 1]
floor     the same of the true picture, encoded and decoded
baseline  the same of the picture without the edit
shown     share of the true change that encoding and decoding keeps
outside   rms change by the edit where nothing should change
missed    distance of what is read back to what was written, in spreads of the block
others    mean movement of the other blocks, in their spreads
-         not defined: the decoder does not show the factor, or no pixel stays"""


class Wish(NamedTuple):
    """What is to be done to a picture."""

    values: dict[str, Value]  # factor -> value
    donors: dict[str, Image]  # block, group or role -> the picture to take it from


def edit(
    run: RunConfig,
    *,
    image: Path | None,
    values: Sequence[str],
    exchange: Sequence[str],
    to: Path | None,
    encoder_folder: Path | None,
    score: bool,
    count: int,
) -> None:
    """A picture with factors changed, or, with ``score``, edits of every factor against the simulator."""
    folder = encoder_folder or Path(run.out) / "encoder"
    if score:
        if image or values or exchange or to:
            raise SimfactorError(
                "--score makes its own pictures; leave out IMAGE, --set, --exchange and --to."
            )
        _score(run, folder, count)
        return
    if image is None or not (values or exchange):
        raise SimfactorError(
            "nothing to edit: give a picture and at least one --set FACTOR=VALUE or --exchange FACTOR=IMAGE, "
            "or --score."
        )
    to = to or image.with_name(f"{image.stem}-edited.png")
    if to.suffix.lower() != ".png" or not to.parent.is_dir():
        raise SimfactorError(f"cannot write {to}: give the name of a .png file in a folder that exists.")
    encoder = _encoder(folder)
    wish = _wish(encoder, values, exchange)
    _edit(encoder, read_picture(image, encoder.image_size), wish, to)


def setting(space: FactorSpace, text: str) -> tuple[str, Value]:
    """``light_azimuth=40deg`` as the factor and its value; the unit may be left out.

    Raises SimfactorError for another form, an unknown factor or another unit. Domains are not looked at.
    """
    name, equals, value = (part.strip() for part in text.partition("="))
    if not (name and equals and value):
        raise SimfactorError(f"--set {text!r} must be FACTOR=VALUE, such as light_azimuth=40deg.")
    factor = space[name]
    if isinstance(factor, Categorical):
        return name, value
    match = NUMBER.fullmatch(value)
    if match is None or match[2].replace("°", "deg") not in ("", factor.unit):
        unit = f" in {factor.unit}, the unit of this factor" if factor.unit else "; this factor has no unit"
        raise SimfactorError(f"{name}: {value!r} is not a number{unit}.")
    return name, float(match[1])


def read_picture(path: Path, size: int) -> Image:
    """A picture file as (size, size, 3) uint8: its middle square, resized, with a line that says so.

    Raises SimfactorError for a file that is missing or no picture.
    """
    if not path.is_file():
        raise SimfactorError(f"picture {path} does not exist.")
    found = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if found is None:
        raise SimfactorError(f"{path} is not a picture that can be read; give a PNG or JPEG file.")
    height, width = found.shape[:2]
    side = min(height, width)
    if (height, width) == (size, size):
        return np.asarray(cv2.cvtColor(found, cv2.COLOR_BGR2RGB), np.uint8)
    print(f"{path}: {width}x{height}, the encoder sees its middle {side}x{side} resized to {size}x{size}")
    top, left = (height - side) // 2, (width - side) // 2
    square = cv2.cvtColor(found[top : top + side, left : left + side], cv2.COLOR_BGR2RGB)
    how = cv2.INTER_AREA if side > size else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(square, (size, size), interpolation=how), np.uint8)


def _encoder(folder: Path) -> FactorEncoder:
    if not folder.is_dir():
        raise SimfactorError(
            f"there is no encoder in {folder}; name its folder with --encoder, or give the CONFIG (or --out) "
            "of the run that trained it."
        )
    return FactorEncoder.from_pretrained(folder)


def _wish(encoder: FactorEncoder, values: Sequence[str], exchange: Sequence[str]) -> Wish:
    """Everything the command line asks for, checked."""
    check_blocks(encoder)
    settings = [setting(encoder.space, text) for text in values]
    chosen = dict(settings)
    if len(chosen) < len(settings):
        raise SimfactorError(f"a factor is set twice in {', '.join(values)}; give each one value.")
    check_editable(encoder, chosen)
    edit_latents(encoder, np.zeros((1, encoder.layout.size), np.float32), chosen)  # domains, before any work
    donors = {}
    for text in exchange:
        name, equals, path = text.partition("=")
        if not equals:
            raise SimfactorError(f"--exchange {text!r} must be FACTOR=IMAGE, such as lighting=evening.png.")
        encoder.layout.dims(name)
        donors[name] = read_picture(Path(path), encoder.image_size)
    return Wish(chosen, donors)


def _edit(encoder: FactorEncoder, picture: Image, wish: Wish, to: Path) -> None:
    latents = encoder.encode(picture[None])
    edited = latents.copy()
    for name, donor in wish.donors.items():
        dims = encoder.layout.dims(name)
        edited[:, dims] = encoder.encode(donor[None])[:, dims]
    edited = edit_latents(encoder, edited, wish.values)
    plain, made = encoder.decode(np.concatenate([latents, edited]))
    strip = to.with_name(f"{to.stem}-strip.png")
    write_atomically(to, png(made))
    columns = ["original", "reconstruction", "edited"]
    pictures = [picture, plain, made]
    for name, donor in wish.donors.items():
        columns.insert(1, f"{name} from")
        pictures.insert(1, donor)
    write_atomically(strip, image_grid([pictures], column_labels=columns))
    print(f"edited: {to}\nstrip: {strip}")


def _score(run: RunConfig, folder: Path, count: int) -> None:
    plan, encoder = make_plan(run), _encoder(folder)
    check_blocks(encoder)
    if count < 2:
        raise SimfactorError(f"--count {count} is too few; give at least 2.")
    if encoder.space != plan.labels or encoder.image_size != run.world.image_size:
        raise SimfactorError(
            f"the encoder in {folder} was trained for another world; give the configuration that it was "
            "trained with."
        )
    space, out = plan.encoder_space, plan.folder / "edits"
    with timed(run, "edit"), plan.studio.open() as studio:
        rows = space.sample(count, run.seed, start=run.data.count)  # from where training images end
        edits = score_edits(encoder, space, lambda rows: studio.images(space, rows).rgb, rows, seed=run.seed)
        about = {
            "encoder": str(folder),
            "objective": encoder.objective,
            "written": "values" if takes_values(encoder) else "blocks of the true pictures",
            "images": count,
            "seed": run.seed,
        }
        write_json(out / "edits.json", {**about, **edits_as_data(edits)})
        grid = image_grid([list(found.pictures) for found in edits.values()], list(edits), COLUMNS)
        write_atomically(out / "edits.png", grid)
    print(f"{edit_table(edits)}\n\n{LEGEND}\n\nnumbers: {out / 'edits.json'}\npictures: {out / 'edits.png'}")
