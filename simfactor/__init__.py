"""simfactor: domain adaptation for robot simulation: factors of variation controlled, separated, tested."""

__version__ = "0.1.0"
