"""The report of a run: figures, what they say in words, and one HTML file that holds it all."""

from simfactor.report.figures import (
    decodability_bars,
    gap_forest,
    latent_factor_matrix,
    success_bars,
    training_curves,
)
from simfactor.report.films import film_strip
from simfactor.report.gap import effect_bars, write_gap_report
from simfactor.report.graph import latent_factor_graph
from simfactor.report.grids import image_grid
from simfactor.report.html import write_report, write_summary
from simfactor.report.ladders import severity_curves, shift_matrix
from simfactor.report.picture import Picture
from simfactor.report.responses import response_bars, response_panels
from simfactor.report.stress import drop_forest, write_stress_report

__all__ = [
    "Picture",
    "decodability_bars",
    "drop_forest",
    "effect_bars",
    "film_strip",
    "gap_forest",
    "image_grid",
    "latent_factor_graph",
    "latent_factor_matrix",
    "response_bars",
    "response_panels",
    "severity_curves",
    "shift_matrix",
    "success_bars",
    "training_curves",
    "write_gap_report",
    "write_report",
    "write_stress_report",
    "write_summary",
]
