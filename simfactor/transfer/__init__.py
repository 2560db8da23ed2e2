"""Transfer tests: the same agents on the same episodes under shifted factors, judged with intervals."""

from simfactor.statistics import Interval, format_interval, holm, wilson_interval
from simfactor.transfer.agreement import Agreement, agreement, mmrv, pearson
from simfactor.transfer.batched import MakeVector, evaluate_batched
from simfactor.transfer.betting import Drop, Verdict, drop_interval
from simfactor.transfer.diagnosis import diagnose
from simfactor.transfer.domain import LEVELS, Domain, Rung, Shift, shift_level, transfer_domains
from simfactor.transfer.episodes import Act, Episodes, MakeEnv, evaluate_domain
from simfactor.transfer.evaluate import Results, evaluate, evaluate_jobs, stored_results
from simfactor.transfer.example import Example, choose_example
from simfactor.transfer.job import Job
from simfactor.transfer.ladders import tabulate_ladders
from simfactor.transfer.outward import outward_domains
from simfactor.transfer.proxy import probe_domains, rank_correlation
from simfactor.transfer.reality import RealityGap, agreements, open_questions, reality_gaps
from simfactor.transfer.responses import fallen, response_curves
from simfactor.transfer.results import format_table, tabulate, tabulate_success
from simfactor.transfer.severity import curve_area, interaction
from simfactor.transfer.significance import episodes_to_tell, mcnemar, paired_p, smallest_drop
from simfactor.transfer.statistics import (
    hierarchical_bootstrap,
    iqm,
    iqm_of_trainings,
    joint_bootstrap,
    paired_gap,
)
from simfactor.transfer.suite import Suite, load_suite
from simfactor.transfer.trials import Trials, read_trials
from simfactor.transfer.worst_case import WorstCase, find_worst_case

__all__ = [
    "LEVELS",
    "Act",
    "Agreement",
    "Domain",
    "Drop",
    "Episodes",
    "Example",
    "Interval",
    "Job",
    "MakeEnv",
    "MakeVector",
    "RealityGap",
    "Results",
    "Rung",
    "Shift",
    "Suite",
    "Trials",
    "Verdict",
    "WorstCase",
    "agreement",
    "agreements",
    "choose_example",
    "curve_area",
    "diagnose",
    "drop_interval",
    "episodes_to_tell",
    "evaluate",
    "evaluate_batched",
    "evaluate_domain",
    "evaluate_jobs",
    "fallen",
    "find_worst_case",
    "format_interval",
    "format_table",
    "hierarchical_bootstrap",
    "holm",
    "interaction",
    "iqm",
    "iqm_of_trainings",
    "joint_bootstrap",
    "load_suite",
    "mcnemar",
    "mmrv",
    "open_questions",
    "outward_domains",
    "paired_gap",
    "paired_p",
    "pearson",
    "probe_domains",
    "rank_correlation",
    "read_trials",
    "reality_gaps",
    "response_curves",
    "shift_level",
    "smallest_drop",
    "stored_results",
    "tabulate",
    "tabulate_ladders",
    "tabulate_success",
    "transfer_domains",
    "wilson_interval",
]
