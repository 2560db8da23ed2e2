"""Robustness as a test: the mark ``robustness(shift="lighting", max_drop=0.1)`` and the fixture ``stress``.

pytest loads this module wherever simfactor is installed, so it imports nothing else before it is used.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from simfactor.plugin import StressResult, StressTest

MARK = "robustness"


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--stress-out``."""
    parser.getgroup("simfactor").addoption(
        "--stress-out",
        metavar="DIR",
        help="where reports and films of robustness tests go, a folder a test (default: its tmp_path)",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Make the mark known."""
    config.addinivalue_line(
        "markers",
        f"{MARK}(shift, max_drop, episodes=..., ...): the policy that the test gives to the fixture `stress` "
        "may lose no more than max_drop of its success under the shift. Other arguments are those of "
        "simfactor.plugin.StressTest and Subject. Several marks are tested one by one.",
    )


def pytest_runtest_setup(item: pytest.Item) -> None:
    """A mark that nothing looks at would pass for ever."""
    if item.get_closest_marker(MARK) and "stress" not in getattr(item, "fixturenames", ()):
        pytest.fail(
            f"the mark {MARK!r} does nothing by itself; take the fixture `stress` and call "
            "stress(env, policy).",
            pytrace=False,
        )


@pytest.fixture
def stress(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stress]:
    """A function of an environment and a policy, which fails the test unless the policy holds under the
    shifts of the test's marks."""
    chosen = request.config.getoption("--stress-out")
    folder = tmp_path if chosen is None else Path(chosen) / re.sub(r"[^\w.+-]+", "_", request.node.nodeid)
    tester = Stress(folder, [mark.kwargs for mark in request.node.iter_markers(MARK)][::-1])
    for mark in request.node.iter_markers(MARK):
        if mark.args:
            pytest.fail(f"{MARK}{mark.args!r}: name the arguments, as in shift='lighting'.", pytrace=False)
    yield tester
    if not tester.called:
        pytest.fail("the test never called stress(env, policy), so nothing was tested.", pytrace=False)


class Stress:
    """Puts policies to the test; ``asked``: the arguments of each of the test's marks."""

    def __init__(self, folder: Path, asked: list[dict[str, Any]]) -> None:
        self.folder, self.asked = folder, asked
        self.called = False

    def __call__(self, env: Any, policy: Any, workers: int | None = 1, **given: Any) -> list[StressResult]:
        """Test a policy under the shift of every mark, or the one given; what was found, if it held.

        Args:
            env, policy: names, or functions: of nothing that makes an environment, of an observation.
            workers: processes; functions that cannot be pickled need the one that this is.
            given: ``shift`` and ``max_drop``, if no mark says so, and other arguments of StressTest and of
                Subject, which go before those of the marks.

        Fails the test as soon as it is clear that a shift costs more than ``max_drop``, and if all of the
        episodes cannot tell. Raises SimfactorError as ``run_stress`` does.
        """
        self.called = True
        found = []
        for number, asked in enumerate(self.asked or [{}]):
            arguments = {**asked, **given}
            missing = [name for name in ("shift", "max_drop") if arguments.get(name) is None]
            if missing:
                pytest.fail(
                    f"{', '.join(missing)} missing: say pytest.mark.{MARK}(shift='lighting', max_drop=0.1), "
                    "or give them to stress(...).",
                    pytrace=False,
                )
            shift = arguments.pop("shift")
            suite = (shift,) if isinstance(shift, str) else tuple(shift)
            folder = self.folder / f"{number}-{'+'.join(suite)}".replace("/", "_")
            found.append(_judged(_test(env, policy, suite=suite, **arguments), folder, workers))
        return found


def _test(env: Any, policy: Any, **arguments: Any) -> StressTest:
    from simfactor.plugin import StressTest, Subject

    seen = {field.name for field in dataclasses.fields(Subject)}
    known = seen | {field.name for field in dataclasses.fields(StressTest)}
    for name in arguments:
        if name not in known:
            pytest.fail(f"unknown argument {name!r}; allowed: {', '.join(sorted(known))}.", pytrace=False)
    subject = Subject.named(env, **{name: value for name, value in arguments.items() if name in seen})
    return StressTest(subject, policy, **{n: value for n, value in arguments.items() if n not in seen})


def _judged(test: StressTest, folder: Path, workers: int | None) -> StressResult:
    """What was found; a failure of the test unless it is clear that the policy holds."""
    from simfactor.plugin import Outcome, run_stress
    from simfactor.plugin.stressing.command import FILM, REPORT, write_result

    result = run_stress(test, folder, workers, until="first")
    write_result(test, result, folder)
    if result.outcome is Outcome.HELD:
        return result
    lines = [result.sentence(), "", result.table(), "", f"report: {folder / REPORT}"]
    if result.film is not None:
        lines.append(f"film of an episode that a shift broke: {folder / FILM}")
    return pytest.fail("\n".join(lines), pytrace=False)
