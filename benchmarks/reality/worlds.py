"""Where it is tested: the world of training, and steps from there to what stands in for a real camera."""

from __future__ import annotations

from matrix.study import Study

from simfactor.factors import FactorSpace, load_sensor
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
    clean = make_plan(study.run(0, None)).domains[0]
    return (
        clean,
        Domain(SENSOR, clean.space.with_factors(load_sensor(SENSOR)), level="ood2"),
        Domain(PHOTO, _behind_sensor(study, light=True, textures=True), RENDERER, level="ood2"),
    )


def steps(study: Study) -> tuple[Domain, ...]:
    """From the clean world behind the sensor to ``photo``: in light from anywhere, on unseen textures, with
    both, path-traced under a sky on known textures, and with all."""
    known, textures = _behind_sensor(study), _behind_sensor(study, textures=True)
    light, both = _behind_sensor(study, light=True), _behind_sensor(study, light=True, textures=True)
    return (
        Domain(SENSOR, known, level="ood2"),
        Domain("light", light, level="ood2"),
        Domain("textures", textures, level="ood2"),
        Domain("light+textures", both, level="ood2"),
        Domain("path-traced", light, RENDERER, level="ood2"),
        Domain(PHOTO, both, RENDERER, level="ood2"),
    )


def _behind_sensor(study: Study, light: bool = False, textures: bool = False) -> FactorSpace:
    """The policies' world behind the sensor; in light from anywhere, and on textures that nobody has seen."""
    run = study.run(0, None)
    assert run.transfer.suite is not None
    whole = whole_space(run.world)
    kept = {**run.world.encoder_support, **run.world.policy_support}
    if light:
        anywhere = whole.resolve("lighting")
        kept = {name: choice for name, choice in kept.items() if name not in anywhere}
    if textures:
        suite = {shift.name: shift.factors for shift in load_suite(run.transfer.suite).shifts}
        kept |= {factor: choice for name in UNSEEN for factor, choice in suite[name].items()}
    return whole.restrict(kept).with_factors(load_sensor(SENSOR))


def picture(domains: tuple[Domain, ...], columns: int = 6, seed: int = 0) -> bytes:
    """Some starts in every world, a row each, as PNG."""
    rows = []
    for domain in domains:
        with Studio(domain.space.scene, domain.renderer) as studio:
            rows.append(list(studio.images(domain.space, domain.space.sample(columns, seed)).rgb))
    return image_grid(rows, [domain.name for domain in domains])
