"""simfactor for environments and policies of other people: attached, put to the test, judged."""

from simfactor.plugin.stress import StressTest, run_stress
from simfactor.plugin.stress_command import stress
from simfactor.plugin.stress_result import Outcome, Shifted, StressResult
from simfactor.plugin.subject import Subject

__all__ = ["Outcome", "Shifted", "StressResult", "StressTest", "Subject", "run_stress", "stress"]
