"""The table of what an encoder reads."""

from simfactor.plugin.adapting.reading import Reading, format_readings, unreadable

READINGS = [
    Reading("light_azimuth", "lighting", "nuisance", 0.2),
    Reading("state_0", "state", "task", 0.9, 0.0123, 0.8, 0.0456),
    Reading("state_1", "state", "task", 0.1, 250.0, 0.0, 300.0),
    Reading("state_2", "state", "task", None),
]


def test_only_what_was_scored_and_belongs_to_the_task_is_told_to_be_hidden() -> None:
    assert unreadable(READINGS) == ["state_1"]


def test_the_table_has_a_line_for_each_factor() -> None:
    assert format_readings(READINGS).splitlines() == [
        "factor         group     role      decodability  error  as it is  error",
        "light_azimuth  lighting  nuisance         0.200      -         -      -",
        "state_0        state     task             0.900  0.012     0.800  0.046",
        "state_1        state     task             0.100    250     0.000    300",
        "state_2        state     task                 -      -         -      -",
        "not readable from one picture: state_1",
    ]
