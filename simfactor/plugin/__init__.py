"""simfactor for environments and policies of other people: latents of them, tests of them, deployed.

Torch and PyBullet are loaded with the first name that needs them; :class:`Deployed` needs neither.
"""

from typing import TYPE_CHECKING

from simfactor.lazy import lazily

if TYPE_CHECKING:
    from simfactor.plugin.adapt import adapt_env
    from simfactor.plugin.deploy_command import deploy
    from simfactor.plugin.deployed import Deployed
    from simfactor.plugin.deployment import Deployment
    from simfactor.plugin.monitor import Check, FactorCheck
    from simfactor.plugin.stress_command import stress
    from simfactor.plugin.stress_result import Outcome, Shifted, StressResult
    from simfactor.plugin.stress_run import StressTest, run_stress
    from simfactor.plugin.subject import Subject

__all__ = [
    "Check",
    "Deployed",
    "Deployment",
    "FactorCheck",
    "Outcome",
    "Shifted",
    "StressResult",
    "StressTest",
    "Subject",
    "adapt_env",
    "deploy",
    "run_stress",
    "stress",
]

__getattr__ = lazily(
    __name__,
    {
        "adapt": ("adapt_env",),
        "deploy_command": ("deploy",),
        "deployed": ("Deployed",),
        "deployment": ("Deployment",),
        "monitor": ("Check", "FactorCheck"),
        "stress_command": ("stress",),
        "stress_result": ("Outcome", "Shifted", "StressResult"),
        "stress_run": ("StressTest", "run_stress"),
        "subject": ("Subject",),
    },
)
