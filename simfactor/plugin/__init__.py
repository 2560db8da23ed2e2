"""simfactor for environments and policies of other people: latents of them, tests of them, deployed.

Torch and PyBullet are loaded with the first name that needs them; :class:`Deployed` needs neither.
"""

from typing import TYPE_CHECKING

from simfactor.lazy import lazily

if TYPE_CHECKING:
    from simfactor.plugin.adapting.adapt import adapt_env
    from simfactor.plugin.deploying.command import deploy
    from simfactor.plugin.deploying.deployed import Deployed
    from simfactor.plugin.deploying.deployment import Deployment
    from simfactor.plugin.deploying.monitor import Check, FactorCheck
    from simfactor.plugin.reality.adapt import adapt_to
    from simfactor.plugin.reality.calibrate import calibrate
    from simfactor.plugin.reality.camera import camera
    from simfactor.plugin.reality.close_gap import close_gap
    from simfactor.plugin.reality.gap import compare_domains
    from simfactor.plugin.reality.sim2real import sim2real
    from simfactor.plugin.stressing.command import stress
    from simfactor.plugin.stressing.result import Outcome, Shifted, StressResult
    from simfactor.plugin.stressing.run import StressTest, run_stress
    from simfactor.plugin.stressing.subject import Subject

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
    "adapt_to",
    "calibrate",
    "camera",
    "close_gap",
    "compare_domains",
    "deploy",
    "run_stress",
    "sim2real",
    "stress",
]

__getattr__ = lazily(
    __name__,
    {
        "adapting.adapt": ("adapt_env",),
        "reality.adapt": ("adapt_to",),
        "reality.gap": ("compare_domains",),
        "deploying.command": ("deploy",),
        "deploying.deployed": ("Deployed",),
        "deploying.deployment": ("Deployment",),
        "deploying.monitor": ("Check", "FactorCheck"),
        "reality.calibrate": ("calibrate",),
        "reality.camera": ("camera",),
        "reality.close_gap": ("close_gap",),
        "reality.sim2real": ("sim2real",),
        "stressing.command": ("stress",),
        "stressing.result": ("Outcome", "Shifted", "StressResult"),
        "stressing.run": ("StressTest", "run_stress"),
        "stressing.subject": ("Subject",),
    },
)
