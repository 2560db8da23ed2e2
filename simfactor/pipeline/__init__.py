"""The stages of a run: configurations in, library calls out. Each finishes what is missing and no more."""

from simfactor.pipeline.edit_scores import score_edits
from simfactor.pipeline.editing import edit
from simfactor.pipeline.plan import Plan, make_plan
from simfactor.pipeline.stages import (
    export,
    export_encoder,
    generate,
    report,
    run,
    score,
    train_agent,
    train_encoder,
    transfer,
)
from simfactor.pipeline.worst import worst_case

__all__ = [
    "Plan",
    "edit",
    "export",
    "export_encoder",
    "generate",
    "make_plan",
    "report",
    "run",
    "score",
    "score_edits",
    "train_agent",
    "train_encoder",
    "transfer",
    "worst_case",
]
