"""simfactor for environments and policies of other people: latents of their factors, and tests of them."""

from simfactor.plugin.adapt import adapt_env
from simfactor.plugin.stress import StressTest, run_stress
from simfactor.plugin.stress_command import stress
from simfactor.plugin.stress_result import Outcome, Shifted, StressResult
from simfactor.plugin.subject import Subject

__all__ = [
    "Outcome",
    "Shifted",
    "StressResult",
    "StressTest",
    "Subject",
    "adapt_env",
    "run_stress",
    "stress",
]
