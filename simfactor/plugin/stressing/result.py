"""What a stress test found: in numbers, as a table, and as an exit status."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from simfactor.transfer import Drop, Episodes, Interval, Verdict, format_interval, wilson_interval


class Outcome(IntEnum):
    """The exit status of a test: whether every shift costs at most what it may."""

    HELD = 0
    VIOLATED = 1
    OPEN = 3


@dataclass(frozen=True)
class Shifted:
    """One shifted world: its name, what was moved in words, success there, and the drop it is."""

    name: str
    moved: str
    success: Interval
    drop: Drop


@dataclass(frozen=True, eq=False)
class StressResult:
    """Success in the clean world and under every shift.

    max_drop: how much a shift may cost, None if nothing was to be judged. film: a strip (PNG) of an episode
    that a shift broke, None if there is none.
    """

    clean: Interval
    shifts: tuple[Shifted, ...]
    max_drop: float | None = None
    film: bytes | None = None

    def verdict(self, shift: Shifted) -> Verdict | None:
        """Whether a shift costs at most what it may; None if nothing was to be judged."""
        return None if self.max_drop is None else shift.drop.verdict(self.max_drop)

    @property
    def outcome(self) -> Outcome:
        """Violated if any shift surely costs too much, held if none of them does, else open.

        Either is wrong with a chance of one in twenty at most. What was not to be judged is held.
        """
        verdicts = {self.verdict(shift) for shift in self.shifts}
        if "violated" in verdicts:
            return Outcome.VIOLATED
        return Outcome.OPEN if "open" in verdicts else Outcome.HELD

    @property
    def worst(self) -> Shifted:
        """The shift that costs most."""
        return max(self.shifts, key=lambda shift: (shift.drop.mean, shift.drop.low))

    def table(self) -> str:
        """Lines for a terminal."""
        rows = [("shift", "success", "drop", "episodes", "", "what is moved")]
        rows.append(("clean", format_interval(self.clean.to_dict()), "", str(self.clean.n), "", ""))
        for shift in self.shifts:
            told = (
                format_interval(shift.success.to_dict()),
                format_interval(shift.drop._asdict(), signed=True),
            )
            rows.append(
                (shift.name, *told, str(shift.drop.n), self.verdict(shift) or "", _short(shift.moved))
            )
        widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
        return "\n".join(
            "  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip() for row in rows
        )

    def sentence(self) -> str:
        """What came out, in a sentence that says what to do if it is open."""
        worst = self.worst
        cost = (
            f"{worst.name} ({_short(worst.moved)}) costs most: success {self.clean.mean:.2f} -> "
            f"{worst.success.mean:.2f}, a drop of {format_interval(worst.drop._asdict())}"
        )
        if self.max_drop is None:
            return f"{cost}."
        if self.outcome is Outcome.HELD:
            return f"HELD: no shift costs more than {self.max_drop:g}. {cost}."
        if self.outcome is Outcome.VIOLATED:
            over = [shift.name for shift in self.shifts if self.verdict(shift) == "violated"]
            return f"VIOLATED: {', '.join(over)} cost more than {self.max_drop:g}. {cost}."
        unclear = [shift.name for shift in self.shifts if self.verdict(shift) == "open"]
        return (
            f"OPEN: {worst.drop.n} episodes cannot tell whether {', '.join(unclear)} cost more than "
            f"{self.max_drop:g}. {cost}. Run more episodes: those that are there are kept."
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON, without the film."""
        return {
            "outcome": None if self.max_drop is None else self.outcome.name.lower(),
            "max_drop": self.max_drop,
            "clean": self.clean.to_dict(),
            "shifts": {
                shift.name: {
                    "moved": shift.moved,
                    "success": shift.success.to_dict(),
                    "drop": shift.drop._asdict(),
                    "verdict": self.verdict(shift),
                }
                for shift in self.shifts
            },
        }


def rate(episodes: Episodes) -> Interval:
    """Success with Wilson's interval."""
    return wilson_interval(int(episodes.success.sum()), len(episodes.success))


def _short(text: str, most: int = 70) -> str:
    return text if len(text) <= most else f"{text[: most - 3]}..."
