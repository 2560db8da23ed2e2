"""Any policy of a user's, whatever it was trained with, opened as something that acts."""

from simfactor.agents.policy_files.fits import check_fits
from simfactor.agents.policy_files.opening import open_policy
from simfactor.agents.policy_files.policy import Policy

__all__ = ["Policy", "check_fits", "open_policy"]
