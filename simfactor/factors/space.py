"""An ordered, immutable set of factors: sampled, gridded, restricted, intervened on, written as data."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from simfactor.errors import SimfactorError, naming, unknown_name
from simfactor.factors import sampling
from simfactor.factors.categorical import Categorical
from simfactor.factors.choices import Choice, applied, encode_value, narrow, without
from simfactor.factors.domain import Factor
from simfactor.factors.mixture import Part, check_shares
from simfactor.factors.mixture import without as without_factors
from simfactor.factors.space_data import parts_from_dict, space_to_dict

Rows: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True)
class FactorSpace:
    """K named factors and how they occur together.

    Rows are float64 arrays (n, K), one column a factor in order; a categorical column holds the index into
    the factor's full list of values. All methods return new spaces or plain arrays.

    Args:
        factors: name -> factor, in column order.
        scene: the scene these factors belong to.
        correlations: (name, name) -> correlation of a Gaussian copula.
        excluded: held-out combinations; a row inside all the ranges of one of them is never sampled.
        mixture: parts of every sample in which several factors have narrower domains together.
    """

    factors: Mapping[str, Factor]
    scene: str = "tabletop"
    correlations: Mapping[tuple[str, str], float] = field(default_factory=dict)
    excluded: tuple[Mapping[str, Factor], ...] = ()
    mixture: tuple[Part, ...] = ()

    def __post_init__(self) -> None:
        if not self.factors:
            raise SimfactorError("a factor space needs at least one factor.")
        object.__setattr__(self, "factors", MappingProxyType(dict(self.factors)))
        object.__setattr__(self, "correlations", MappingProxyType(dict(self.correlations)))
        for names in (*self.correlations, *(part.factors for part in self.mixture)):
            for name in names:
                self[name]
        sampling.copula_factor(self.names, self.correlations)
        check_shares(self.mixture)

    def __len__(self) -> int:
        return len(self.factors)

    def __getitem__(self, name: str) -> Factor:
        if name not in self.factors:
            raise unknown_name("factor", name, self.factors)
        return self.factors[name]

    def __reduce__(self) -> tuple[Callable[..., FactorSpace], tuple[Any, ...]]:
        parts = (dict(self.factors), self.scene, dict(self.correlations), self.excluded, self.mixture)
        return FactorSpace, parts

    @property
    def names(self) -> tuple[str, ...]:
        """Factor names in column order."""
        return tuple(self.factors)

    @property
    def sizes(self) -> tuple[int | None, ...]:
        """Levels of each factor, None where it has none."""
        return tuple(f.levels for f in self.factors.values())

    @property
    def groups(self) -> dict[str, tuple[str, ...]]:
        """Group -> names of its factors, in column order."""
        groups: dict[str, tuple[str, ...]] = {}
        for name, factor in self.factors.items():
            groups[factor.group] = (*groups.get(factor.group, ()), name)
        return groups

    @property
    def varying(self) -> FactorSpace:
        """The space of the factors that can take more than one value."""
        return self.select([name for name, f in self.factors.items() if not f.fixed])

    @property
    def fingerprint(self) -> str:
        """Twelve hex digits that change when anything of the space changes."""
        text = json.dumps(self.to_dict(), sort_keys=False)
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    def index(self, name: str) -> int:
        """The column of a factor."""
        self[name]
        return self.names.index(name)

    def by_role(self, role: str) -> tuple[str, ...]:
        """Names of the factors with this role (``task`` or ``nuisance``)."""
        return tuple(name for name, f in self.factors.items() if f.role == role)

    def resolve(self, names: str | Iterable[str]) -> tuple[str, ...]:
        """Factors in column order, by factor name, group or role. Raises SimfactorError for other names."""
        known: dict[str, tuple[str, ...]] = {role: self.by_role(role) for role in ("task", "nuisance")}
        known |= self.groups | {name: (name,) for name in self.names}
        wanted = [names] if isinstance(names, str) else list(names)
        for name in wanted:
            if name not in known:
                raise unknown_name("factor, group or role", name, known)
        chosen = {factor for name in wanted for factor in known[name]}
        return tuple(name for name in self.names if name in chosen)

    def describe(self) -> str:
        """A table for people: a line for each factor, with its group, its role and what it can be."""
        lines = [("factor", "group", "role", "values")]
        lines += [(name, f.group, f.role, f.describe()) for name, f in self.factors.items()]
        widths = [max(len(line[i]) for line in lines) for i in range(3)]
        return "\n".join(
            "  ".join([*(cell.ljust(w) for cell, w in zip(line, widths, strict=False)), line[3]])
            for line in lines
        )

    # --- rows -----------------------------------------------------------------------------------------

    def sample(self, count: int, seed: int, start: int = 0, lattice: bool = False) -> Rows:
        """Rows ``start .. start + count - 1`` of the endless sample of this seed, (count, K).

        Every factor has its own random stream: row i can be made again alone, and adding or restricting
        one factor leaves the other columns bit-identical. ``lattice`` draws from the factors' levels.
        """
        return sampling.sample(self, count, seed, start, lattice)

    def intervene(
        self, rows: Rows, names: Iterable[str], seed: int, start: int = 0, lattice: bool = False
    ) -> Rows:
        """A copy of ``rows`` (n, K) in which every named factor, and nothing else, has changed."""
        return sampling.intervene(self, self.check(rows), tuple(names), seed, start, lattice)

    def grid(self, levels: int | Mapping[str, int] | None = None) -> Rows:
        """All combinations, C order (last factor fastest), held-out combinations left out.

        ``levels`` gives the number of levels of all factors or of the named ones; the rest use their own.
        """
        if isinstance(levels, Mapping):
            for name in levels:
                self[name]
            wanted = [levels.get(name) for name in self.names]
        else:
            wanted = [levels] * len(self)
        axes = []
        for name, count in zip(self.names, wanted, strict=True):
            with naming(name):
                axes.append(self[name].grid(count))
        rows = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, len(self))
        return rows[~self.in_excluded(rows)]

    def contains(self, rows: Rows) -> NDArray[np.bool_]:
        """Whether each row lies in every domain and in no held-out combination, (n,)."""
        inside = [f.contains(rows[:, k]) for k, f in enumerate(self.factors.values())]
        return np.all(inside, axis=0) & ~self.in_excluded(rows)

    def in_excluded(self, rows: Rows) -> NDArray[np.bool_]:
        """Whether each row lies in a held-out combination, (n,)."""
        hit = np.zeros(len(rows), bool)
        for combination in self.excluded:
            hit |= np.all([f.contains(rows[:, self.index(n)]) for n, f in combination.items()], axis=0)
        return hit

    def classes(self, rows: Rows, bins: int = 10) -> NDArray[np.int64]:
        """Class labels (n, K) for discretised metrics: level or category index, else ``bins`` equal bins."""
        columns = [f.classes(rows[:, k], bins) for k, f in enumerate(self.factors.values())]
        return np.stack(columns, axis=1)

    def check(self, rows: Rows, partial: bool = False) -> Rows:
        """``rows`` as float64 (n, K); with ``partial`` a nan is a value that is not known. Raises
        SimfactorError that names the first bad value."""
        rows = np.asarray(rows, np.float64)
        if rows.ndim != 2 or rows.shape[1] != len(self):
            raise SimfactorError(
                f"rows have shape {rows.shape}; this space needs (n, {len(self)}): {self.names}."
            )
        for k, (name, factor) in enumerate(self.factors.items()):
            bad = np.flatnonzero(~factor.contains(rows[:, k]) & ~(partial & np.isnan(rows[:, k])))
            if len(bad) and np.isnan(rows[bad[0], k]):
                raise SimfactorError(
                    f"{name} in row {bad[0]} is not known (nan), but all values are needed here; leave out "
                    "the rows, or the factors, that are not known in full."
                )
            if len(bad):
                raise SimfactorError(
                    f"{name}={rows[bad[0], k]:g} in row {bad[0]} is outside {factor.describe()}; "
                    "clip it or widen the factor's range."
                )
        return rows

    def decode(self, row: Rows) -> dict[str, float | str]:
        """One row (K,) as name -> value, categorical values by name."""
        return {
            name: f.values[int(v)] if isinstance(f, Categorical) else float(v)
            for (name, f), v in zip(self.factors.items(), row, strict=True)
        }

    def columns(self, rows: Rows) -> dict[str, NDArray[Any]]:
        """:meth:`decode` of all rows (n, K) at once: name -> values (n,), categorical ones by name."""
        return {
            name: np.array(factor.values)[column.astype(np.int64)]
            if isinstance(factor, Categorical)
            else column
            for (name, factor), column in zip(self.factors.items(), rows.T, strict=True)
        }

    def encode(self, values: Mapping[str, float | str]) -> Rows:
        """One row (K,) from name -> value; every factor must be given. Inverse of :meth:`decode`."""
        for name in values:
            self[name]
        missing = [name for name in self.names if name not in values]
        if missing:
            raise SimfactorError(f"no value for {', '.join(missing)}; give every factor of the space.")
        row = np.empty(len(self))
        for k, (name, factor) in enumerate(self.factors.items()):
            row[k] = encode_value(name, factor, values[name])
        return row

    # --- other spaces ---------------------------------------------------------------------------------

    def restrict(self, choices: Mapping[str, Choice]) -> FactorSpace:
        """Narrower domains: ``{"light_azimuth": [-30, 30], "table_texture": ["brick"], "ee_z": 0.1}``."""
        return self.with_factors(self._narrowed(choices))

    def fix(self, values: Mapping[str, float | str]) -> FactorSpace:
        """The named factors held at one value."""
        return self._changed(values, lambda factor, value: factor.fix(value))

    def hold_out(self, choices: Mapping[str, Choice]) -> FactorSpace:
        """Without these ranges or values: for testing on what was never seen."""
        return self._changed(choices, without)

    def hold_out_combination(self, choices: Mapping[str, Choice]) -> FactorSpace:
        """Never these *together*; each of them still occurs. ``restrict(choices)`` is the complement."""
        return replace(self, excluded=(*self.excluded, self._narrowed(choices)))

    def correlate(self, correlations: Mapping[tuple[str, str], float]) -> FactorSpace:
        """Sample these pairs with a Gaussian copula of the given correlation; marginals stay as they are."""
        return replace(self, correlations={**self.correlations, **correlations})

    def mix(self, share: float, choices: Mapping[str, Choice]) -> FactorSpace:
        """In a ``share`` of all rows the named factors are narrowed as by :meth:`restrict`, all together.

        Their domains, and the other factors, stay as they are. Who restricts or replaces one of them later
        has it drawn alike in all rows again.
        """
        part = Part(
            share, {name: applied(name, narrow, self[name], choice) for name, choice in choices.items()}
        )
        return replace(self, mixture=(*self.mixture, part))

    def with_factors(self, factors: Mapping[str, Factor]) -> FactorSpace:
        """The space with further factors at its end, and those of a name that it has in place of its own."""
        mixture = without_factors(self.mixture, factors)
        return replace(self, factors={**self.factors, **factors}, mixture=mixture)

    def select(self, names: Sequence[str]) -> FactorSpace:
        """The space of the named factors only, in this space's order."""
        for name in names:
            self[name]
        kept = {name: f for name, f in self.factors.items() if name in names}
        pairs = {pair: rho for pair, rho in self.correlations.items() if set(pair) <= set(kept)}
        combinations = tuple(c for c in self.excluded if set(c) <= set(kept))
        mixture = without_factors(self.mixture, set(self.names) - set(kept))
        return replace(self, factors=kept, correlations=pairs, excluded=combinations, mixture=mixture)

    def _narrowed(self, choices: Mapping[str, Choice]) -> dict[str, Factor]:
        return {name: applied(name, narrow, self[name], choice) for name, choice in choices.items()}

    def _changed(
        self, choices: Mapping[str, Choice], change: Callable[[Factor, Choice], Factor]
    ) -> FactorSpace:
        changed = {name: applied(name, change, self[name], choice) for name, choice in choices.items()}
        return self.with_factors(changed)

    # --- data -----------------------------------------------------------------------------------------

    def to_dict(self) -> dict[str, Any]:
        """The space as JSON- and YAML-able data."""
        return space_to_dict(self)

    @staticmethod
    def from_dict(data: Mapping[str, Any]) -> FactorSpace:
        """The space that :meth:`to_dict` described. Raises one SimfactorError with every bad entry."""
        return FactorSpace(**parts_from_dict(data))
