"""simfactor: domain adaptation for robot simulation by controlling, separating and testing factors of variation."""

__version__ = "0.1.0"
