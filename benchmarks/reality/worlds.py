"""Where it is tested: the world of training, and steps from there to what stands in for a real camera."""

from __future__ import annotations

from matrix.study import Study

from simfactor.factors import load_sensor
from simfactor.pipeline import make_plan
from simfactor.pipeline.whole import whole_space
from simfactor.render import Studio
from simfactor.report import image_grid
from simfactor.transfer import Domain, load_suite

PHOTO = "photo"
RENDERER = "pathtrace:samples=9,environment=sky"
SENSOR = "webcam"
UNSEEN = ("table_texture-2", "background_texture-2")  # of the suite: by encoders and policies


def worlds(study: Study) -> tuple[Domain, ...]:
    """The clean world; behind a webcam's sensor; and behind it, path-traced under a sky that nobody has seen,
    with the sun anywhere, on textures that neither encoders nor policies have seen."""
    run = study.run(0, None)
    assert run.transfer.suite is not None
    suite = {shift.name: shift.factors for shift in load_suite(run.transfer.suite).shifts}
    whole, clean = whole_space(run.world), make_plan(run).domains[0]
    sensor = load_sensor(SENSOR)
    light = whole.resolve("lighting")
    supported = {**run.world.encoder_support, **run.world.policy_support}
    kept = {name: choice for name, choice in supported.items() if name not in light}
    unseen = {factor: choice for name in UNSEEN for factor, choice in suite[name].items()}
    photo = whole.restrict({**kept, **unseen}).with_factors(sensor)
    return (
        clean,
        Domain(SENSOR, clean.space.with_factors(sensor), level="ood2"),
        Domain(PHOTO, photo, RENDERER, level="ood2"),
    )


def picture(domains: tuple[Domain, ...], columns: int = 6, seed: int = 0) -> bytes:
    """Some starts in every world, a row each, as PNG."""
    rows = []
    for domain in domains:
        with Studio(domain.space.scene, domain.renderer) as studio:
            rows.append(list(studio.images(domain.space, domain.space.sample(columns, seed)).rgb))
    return image_grid(rows, [domain.name for domain in domains])
