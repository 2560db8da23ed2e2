"""The standard data sets of disentanglement, in the layouts they are published in."""

from simfactor.data.standard.aligned import aligned
from simfactor.data.standard.dataset import StandardDataset, load_standard

__all__ = ["StandardDataset", "aligned", "load_standard"]
