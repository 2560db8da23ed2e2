"""Run configurations: what a YAML file may say, checked as a whole before any work starts."""

from simfactor.config.names import NetworkName, ObjectiveName, TaskName
from simfactor.config.reading import load_config, section_names, validated
from simfactor.config.sections import (
    Adapted,
    Agent,
    Agents,
    Augment,
    Correlation,
    Data,
    Encoder,
    ImageAugment,
    MixturePart,
    RunConfig,
    Shared,
    ShiftRanges,
    Transfer,
    World,
)

__all__ = [
    "Adapted",
    "Agent",
    "Agents",
    "Augment",
    "Correlation",
    "Data",
    "Encoder",
    "ImageAugment",
    "MixturePart",
    "NetworkName",
    "ObjectiveName",
    "RunConfig",
    "Shared",
    "ShiftRanges",
    "TaskName",
    "Transfer",
    "World",
    "load_config",
    "section_names",
    "validated",
]
