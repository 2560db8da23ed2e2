"""Transfer tests: the same agents on the same episodes under shifted factors, judged with intervals."""

from simfactor.transfer.domain import LEVELS, Domain, Shift, shift_level, transfer_domains

__all__ = ["LEVELS", "Domain", "Shift", "shift_level", "transfer_domains"]
