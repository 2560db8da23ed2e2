"""The stages: each takes a run's configuration, does what is missing, leaves its results in the folder."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

from simfactor import agents, data, encoders
from simfactor.config import RunConfig
from simfactor.errors import SimfactorError
from simfactor.json_files import read_json, write_json
from simfactor.pipeline.films import FILMS, film_examples, film_pictures
from simfactor.pipeline.partners import encoder_images
from simfactor.pipeline.pictures import pictures
from simfactor.pipeline.plan import Images, Plan, check_task, make_plan
from simfactor.pipeline.policies import check_policy, training_jobs, transfer_jobs
from simfactor.pipeline.records import provenance, stage_seconds, timed
from simfactor.pipeline.scoring import format_stored, score_encoder
from simfactor.report import write_report, write_summary
from simfactor.transfer import (
    diagnose,
    format_table,
    response_curves,
    tabulate,
    tabulate_ladders,
)
from simfactor.transfer.evaluate import evaluate_with
from simfactor.transfer.pool import open_tester

RESULTS = Path("transfer") / "results.json"
LADDERS = Path("transfer") / "ladders.json"
RESPONSES = Path("transfer") / "responses.json"
DIAGNOSIS = Path("transfer") / "diagnosis.json"


def run(config: RunConfig) -> dict[str, Any]:
    """All stages in order. Returns the summary."""
    check_task(make_plan(config))
    for stage in (generate, train_encoder, score, train_agent, transfer):
        stage(config)
    return report(config)


def generate(config: RunConfig) -> data.FactorDataset:
    """The labelled data set: images to train the encoder on, then those that only scores see."""
    plan = make_plan(config)
    with timed(config, "generate"):
        if plan.score_images != plan.training_images:
            _generate(plan, plan.score_images)
        return _generate(plan, plan.training_images)


def export(config: RunConfig, format: str = "npz", to: str | None = None) -> Path:
    """The data set in a format that other programs read. Returns the path written."""
    plan = make_plan(config)
    path = data.export(_dataset(plan, plan.training_images), to or plan.folder / f"export.{format}", format)
    print(f"written: {path}")
    return path


def train_encoder(config: RunConfig) -> encoders.FactorEncoder:
    """The encoder of the factors that vary in the data set."""
    plan = make_plan(config)
    dataset = _dataset(plan, plan.training_images)
    columns = [dataset.space.index(name) for name in plan.labels.names]
    with timed(config, "train-encoder"):
        images, rows = encoder_images(plan, dataset)
        return encoders.train_encoder(
            images,
            rows[..., columns],
            plan.labels,
            plan.encoder_folder,
            objective=config.encoder.objective,
            options=config.encoder.options,
            features=config.encoder.features,
            residual=config.encoder.residual,
            network=config.encoder.network,
            epochs=config.encoder.epochs,
            batch_size=config.encoder.batch_size,
            learning_rate=config.encoder.learning_rate,
            label_share=config.encoder.label_share,
            augment=config.encoder.augment,
            noise=config.encoder.noise,
            seed=config.seed,
            device=config.encoder.device,
            tensorboard=config.encoder.tensorboard,
        )


def export_encoder(config: RunConfig, to: str | None = None) -> Path:
    """The trained encoder as an ONNX file. Returns the path written."""
    plan = make_plan(config)
    path = Path(to) if to else plan.encoder_folder / "encoder.onnx"
    difference = _encoder(plan).export_onnx(path)
    print(f"written: {path} (ONNX Runtime's latents are torch's to within {difference:.1g})")
    return path


def score(config: RunConfig) -> dict[str, Any]:
    """Every score of the encoder, as a table; with the matrix and the graph of latents in OUT/scores."""
    plan = make_plan(config)
    dataset, encoder = _dataset(plan, plan.score_images), _encoder(plan)
    with timed(config, "score"):
        scores = score_encoder(plan, dataset, encoder)
    print(format_stored(scores))
    print(f"pictures: {plan.folder / 'scores'}")
    return scores


def train_agent(config: RunConfig) -> None:
    """All agents, all seeds, side by side."""
    plan = make_plan(config)
    check_task(plan)
    with timed(config, "train-agent"):
        for taught in (False, True):  # teachers come first
            jobs = [job for seed in plan.training_seeds for job in training_jobs(plan, seed, taught)]
            agents.train_agents(jobs, workers=config.agents.workers)


def transfer(config: RunConfig) -> dict[str, Any]:
    """Every trained agent in every domain, on the same episodes."""
    plan = make_plan(config)
    for tested in plan.tested.values():
        for seed in plan.training_seeds:
            check_policy(plan, tested, seed)
    jobs = [job for name in plan.tested for job in transfer_jobs(plan, name)]
    truth = [job for name in plan.diagnosed for job in transfer_jobs(plan, name, true_task=True)]
    with timed(config, "transfer"), closing(open_tester(config.transfer.workers)) as tester:
        folder, seeds = plan.folder / "transfer", plan.training_seeds
        results = evaluate_with(tester, jobs, folder / "episodes", seeds)
        table = tabulate(plan.domains, results, seed=config.seed)
        if plan.climbs:
            write_json(plan.folder / LADDERS, tabulate_ladders(plan.domains, results, seed=config.seed))
        trained = {name: plan.training_space(tested.agent) for name, tested in plan.tested.items()}
        responses = response_curves(plan.domains, results, plan.encoder_space, trained)
        write_json(plan.folder / RESPONSES, responses)
        if truth:
            with_truth = evaluate_with(tester, truth, folder / "episodes-true", seeds)
            diagnosis = diagnose(plan.domains, results, with_truth, seed=config.seed)
            write_json(plan.folder / DIAGNOSIS, diagnosis)
        film_examples(plan, jobs, results, tester)
    write_json(plan.folder / RESULTS, table)
    print(format_table(table))
    return table


def report(config: RunConfig) -> dict[str, Any]:
    """summary.json and report.html, from what the other stages left. Returns the summary."""
    plan = make_plan(config)
    dataset, encoder = _dataset(plan, plan.training_images), _encoder(plan)
    table = _read(plan.folder / RESULTS, "transfer")
    scores = _read(plan.folder / "scores" / "scores.json", "score")["scores"]
    films = _read(plan.folder / FILMS, "transfer")
    with timed(config, "report"):
        drawn = pictures(plan, dataset, encoder)
        strips = film_pictures(plan, films)
    seconds = stage_seconds(plan.folder)
    summary = {
        "seconds": sum(seconds.values()),
        "stages": seconds,
        "data": {
            "images": len(dataset),
            "for training": config.data.count,
            "for scores": config.data.score_count,
            "image size": dataset.image_size,
            "factors that vary": len(plan.labels),
        },
        "encoder": {"objective": encoder.objective, "latents": encoder.layout.size, **scores},
        "agents": table,
        **({"ladders": _read(plan.folder / LADDERS, "transfer")} if plan.climbs else {}),
        "responses": _read(plan.folder / RESPONSES, "transfer"),
        "films": films,
        **({"diagnosis": _read(plan.folder / DIAGNOSIS, "transfer")} if plan.diagnosed else {}),
        "provenance": provenance(config),
    }
    write_summary(plan.folder / "summary.json", summary)
    title = f"simfactor: {plan.folder.name}"
    write_report(plan.folder / "report.html", title=title, summary=summary, pictures=drawn, films=strips)
    print(format_table(table))
    print(f"report: {plan.folder / 'report.html'}\nnumbers: {plan.folder / 'summary.json'}")
    return summary


def _generate(plan: Plan, images: Images) -> data.FactorDataset:
    options = plan.run.data
    return data.generate(
        images.space,
        images.folder,
        images.count,
        images.seed,
        plan.studio,
        options.shard_size,
        options.workers,
    )


def _dataset(plan: Plan, images: Images) -> data.FactorDataset:
    dataset = data.FactorDataset(images.folder)
    dataset.expect(images.space)
    if len(dataset) < images.count:
        raise SimfactorError(
            f"the data set in {images.folder} has {len(dataset)} images, this run needs {images.count}; "
            "run `simfactor generate` with the same configuration first."
        )
    return dataset


def _encoder(plan: Plan) -> encoders.FactorEncoder:
    encoder = encoders.FactorEncoder.from_pretrained(plan.encoder_folder)
    if encoder.space != plan.labels:
        raise SimfactorError(
            f"the encoder in {plan.folder / 'encoder'} was trained for another factor space; "
            "give another --out, or train it again with `simfactor train-encoder`."
        )
    return encoder


def _read(path: Path, stage: str) -> Any:
    if not path.exists():
        raise SimfactorError(f"{path} is missing; run `simfactor {stage}` with the same configuration first.")
    return read_json(path)
