"""Transfer tests: the same agents on the same episodes under shifted factors, judged with intervals."""

from simfactor.transfer.domain import LEVELS, Domain, Shift, shift_level, transfer_domains
from simfactor.transfer.episodes import Act, Episodes, MakeEnv, evaluate_domain
from simfactor.transfer.evaluate import Results, evaluate, evaluate_jobs
from simfactor.transfer.job import Job
from simfactor.transfer.results import format_interval, format_table, tabulate
from simfactor.transfer.statistics import (
    Interval,
    hierarchical_bootstrap,
    iqm,
    mcnemar,
    paired_gap,
    wilson_interval,
)

__all__ = [
    "LEVELS",
    "Act",
    "Domain",
    "Episodes",
    "Interval",
    "Job",
    "MakeEnv",
    "Results",
    "Shift",
    "evaluate",
    "evaluate_domain",
    "evaluate_jobs",
    "format_interval",
    "format_table",
    "hierarchical_bootstrap",
    "iqm",
    "mcnemar",
    "paired_gap",
    "shift_level",
    "tabulate",
    "transfer_domains",
    "wilson_interval",
]
