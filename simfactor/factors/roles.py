"""The role a factor plays for a policy."""

from __future__ import annotations

from typing import Literal

from simfactor.errors import unknown_name

Role = Literal["task", "nuisance"]  # the policy needs it / it must not matter


def check_role(role: str) -> None:
    if role not in ("task", "nuisance"):
        raise unknown_name("role", role, ("task", "nuisance"))
