"""The command that says which factors differ between two folders of images."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from simfactor.adaptation import Gap, domain_gap, open_pictures
from simfactor.adaptation.pictures import Pictures, check_source, picked
from simfactor.atomic import write_atomically
from simfactor.data import FactorDataset
from simfactor.encoders import FactorEncoder
from simfactor.errors import SimfactorError
from simfactor.json_files import write_json
from simfactor.plugin.deploying.deployment import held_out_count
from simfactor.provenance import commit, versions
from simfactor.report import image_grid, write_gap_report

RESULT, REPORT, SHEET = "gap.json", "gap.html", "nearest.png"


def compare_domains(
    source: str | Path,
    target: str | Path,
    encoder: str | Path,
    out: str | Path = "runs/domain-gap",
    json: str | Path | None = None,
    held_out: int | None = None,
    **asked: Any,
) -> Gap:
    """Compare two domains, print the table, and leave the report in a folder.

    Args:
        source, target: folders of data sets or of pictures.
        encoder: the folder of a trained one.
        out: gets ``gap.html``, ``gap.json`` and ``nearest.png``.
        json: a file for the numbers instead of ``gap.json``.
        held_out: the last images of a source that is a data set which its encoder was not trained on; None
            for those of the run's scores, or else a fifth. Pictures are all taken.
        asked: further arguments of :func:`simfactor.adaptation.domain_gap`.

    Raises SimfactorError as that does, before anything is written.
    """
    opened = FactorEncoder.from_pretrained(encoder)
    known = _source(opened, source, held_out)
    same = Path(target).resolve() == Path(source).resolve()
    other = known if same else open_pictures(target, opened)
    gap = domain_gap(opened, known, other, **asked)
    folder = Path(out)
    numbers, rows = gap.to_dict(), [factor.row() for factor in gap.factors]
    comparison = {
        "source": str(source),
        "target": str(target),
        "encoder": str(encoder),
        "held_out": held_out,
        **asked,
    }
    told = {"comparison": comparison, "versions": versions(), "commit": commit()}
    folder.mkdir(parents=True, exist_ok=True)
    sheet = _sheet(gap, known, other)
    write_atomically(folder / SHEET, sheet)
    write_gap_report(
        folder / REPORT,
        title=f"From {source} to {target}",
        result=numbers,
        rows=rows,
        lines=gap.features.lines(gap.alpha),
        sheet=sheet,
        told=told,
    )
    write_json(Path(json) if json else folder / RESULT, {**numbers, **told})
    print(f"{gap.table()}\n\n{gap.sentence()}\nreport: {folder / REPORT}")
    return gap


def _source(encoder: FactorEncoder, folder: str | Path, held_out: int | None) -> Pictures:
    """The images of a folder that the encoder was not trained on."""
    opened = open_pictures(folder, encoder)
    if not isinstance(opened, FactorDataset):
        return opened
    check_source(encoder, opened, str(folder))
    count = held_out_count(folder, len(opened), held_out)
    if not 0 < count <= len(opened):
        raise SimfactorError(f"held_out={count} is not between 1 and the {len(opened)} images of {folder}.")
    return opened.images(np.arange(len(opened) - count, len(opened)))


def _sheet(gap: Gap, source: Pictures, target: Pictures) -> bytes:
    """Some pictures of the target, each with the nearest of the source, as PNG."""
    rows = [
        [*picked(target, np.array([pair.target])), *picked(source, np.array(pair.source))]
        for pair in gap.pairs
    ]
    return image_grid(rows, column_labels=["target", *["source"] * (len(rows[0]) - 1)])
