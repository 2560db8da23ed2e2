"""One call from a trained encoder and unlabelled images to an encoder of these images, or a refusal."""

from __future__ import annotations

import copy
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from simfactor.adaptation.adapted import AdaptedEncoder, Judgement, Status, write_adapted
from simfactor.adaptation.door import (
    check_encoder,
    check_numbers,
    check_out,
    check_weight,
    opened_source,
    opened_target,
)
from simfactor.adaptation.fine_tuning import Domains, fine_tuned, resident, training_arguments
from simfactor.adaptation.guard import judged, objections
from simfactor.adaptation.methods import method_named
from simfactor.adaptation.methods.moments import matched
from simfactor.adaptation.parts import all_among, split_source, split_target
from simfactor.adaptation.pictures import Pictures
from simfactor.data import ImageSource
from simfactor.encoders import FactorEncoder


def adapt_encoder(
    encoder: FactorEncoder,
    source: ImageSource,
    target: Pictures,
    out: str | Path,
    *,
    method: str = "mmd",
    target_rows: NDArray[np.float64] | None = None,
    weight: float | None = None,
    held_out: int | None = None,
    epochs: int = 5,
    batch_size: int = 64,
    learning_rate: float = 1e-3,
    augment: bool = True,
    tolerance: float = 1.3,
    seed: int = 0,
    progress: bool = True,
) -> AdaptedEncoder:
    """Adapt a trained encoder to images of another domain, check it, and leave the better one in ``out``.

    The adapted encoder is refused, and the old one returned and written, if it reads the task's factors worse
    (:func:`.guard.objections`). What judges was learned from by nobody: the last images of the source, a
    quarter of the target's images, and half of its labelled ones. One seed gives the same weights, on a CPU
    with the same number of threads to the bit.

    Args:
        encoder: trained with labels; it is not changed.
        source: the labelled data set that it was trained on.
        target: images (m, s, s, 3) uint8 or a data set of the other domain; labels are not looked at.
        out: new folder for the encoder (``FactorEncoder.from_pretrained``) and ``adaptation.json``.
        method: a name from :data:`.methods.METHODS`.

            ==================  ==========================================================================
            ``statistics``      channels' means and variances made those of the source (after Li et al. 2016)
            ``coral``           covariances of features (Sun & Saenko 2016)
            ``mmd``             kernel means of features (Long et al. 2015)
            ``dann``            a domain critic's reversed gradient (Ganin et al. 2016)
            ``self_training``   mean teacher, consistent in another light (French et al. 2018)
            ``fourier``         half the source in the target's low frequencies (Yang & Soatto 2020)
            ``colour``          half the source in the target's colours (Reinhard et al. 2001)
            ==================  ==========================================================================

            All but the first train on, always with the supervised loss on the source. The first corrects
            channels for the target alone, and reads the source worse: give it a ``tolerance``.
        target_rows: what is known of the target's images, rows (m, K) of ``encoder.space`` with nan for the
            unknown: of at least 4 images something. The methods that train learn from it.
        weight: of the method's own term; None: its usual one. 0 is the control, which trains on without the
            target.
        held_out: the last images of the source, which the encoder was not trained on; None: a fifth.
        epochs, batch_size, learning_rate: of the methods that train, over the source.
        augment: show half of every batch in another light, as in training.
        tolerance: how many times the error of a task factor may grow on the source.
        seed: of parts, order, noise and critics.
        progress: show a bar (on a terminal only).

    Raises:
        SimfactorError: an encoder without labels or of a network that the method cannot adapt, a source of
            other factors, images of another size, too few of them, numbers that are not possible, or an
            ``out`` that is not empty; all before any work. A loss that is not finite.
    """
    recipe = method_named(method)
    check_encoder(encoder, method)
    check_numbers(epochs=epochs, batch_size=batch_size, learning_rate=learning_rate, tolerance=tolerance)
    check_weight(recipe, weight)
    check_out(Path(out))
    known = opened_source(encoder, source)
    other = opened_target(encoder, target, target_rows, recipe.fewest)
    seen, kept = split_source(known, held_out)
    learned, judging = split_target(other, seed)
    before = judged(encoder, kept, judging)

    def ended(
        status: Status, chosen: FactorEncoder, after: Judgement, reasons: tuple[str, ...]
    ) -> AdaptedEncoder:
        counts = len(learned.images), len(judging.images)
        found = AdaptedEncoder(chosen, method, status, before, after, reasons, tolerance, counts)
        write_adapted(found, Path(out))
        return found

    if all_among(other.images, known.images):
        return ended(Status.NOTHING_TO_DO, encoder, before, ())
    if recipe.trains:
        arguments = training_arguments(epochs, batch_size, learning_rate, augment, seed)
        domains = Domains(*(resident(encoder, part) for part in (seen, learned)))
        usual = recipe.weight if weight is None else weight
        adapted = fine_tuned(encoder, domains, recipe, usual, arguments, progress)
    else:
        adapted = copy.deepcopy(encoder)
        matched(adapted, seen.images, learned.images)
    after = judged(adapted, kept, judging)
    reasons = objections(before, after, tolerance)
    if reasons:
        return ended(Status.REFUSED, encoder, after, reasons)
    return ended(Status.ACCEPTED, adapted, after, ())
