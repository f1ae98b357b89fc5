"""A number with its 95 % interval: how it stands in JSON and CSV, and how it is printed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True)
class Figure:
    """A value and the ends of its 95 % interval."""

    value: float
    low: float
    high: float

    @classmethod
    def read(cls, numbers: Mapping[str, float], name: str) -> Self:
        """From `<name>`, `<name>_low` and `<name>_high`. Raises KeyError if one is not there."""
        return cls(numbers[name], numbers[f"{name}_low"], numbers[f"{name}_high"])

    def named(self, name: str) -> dict[str, float]:
        """As `read` takes it."""
        return {name: self.value, f"{name}_low": self.low, f"{name}_high": self.high}

    def text(self, digits: int = 3, *, of_ends: int = 2) -> str:
        """As in `0.917 [0.80, 0.97]`; digits: after the point."""
        return f"{self.value:.{digits}f} [{self.low:.{of_ends}f}, {self.high:.{of_ends}f}]"
