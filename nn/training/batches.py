"""The batches of an epoch."""

from collections.abc import Iterator
from random import Random
from typing import Any

from ..inputs import size


class Batches:
    """The row numbers of each batch of an epoch, in a new order every time."""

    rows: int
    random: Random | None
    size: int
    sizes: list[int]

    def __init__(self, rows: int, batch_size: int | None, random: Random | None) -> None:
        self.rows, self.random = rows, random
        self.size = min(rows, rows if batch_size is None else size(batch_size, "batch_size"))
        self.sizes = [min(self.size, rows - start) for start in range(0, rows, self.size)]

    def __len__(self) -> int:
        return len(self.sizes)

    def __iter__(self) -> Iterator[list[int]]:
        order = self._order()
        for start in range(0, self.rows, self.size):
            yield order[start : start + self.size]

    def order(self) -> Any:
        """The rows of the next epoch as one array; None where they stay as they are."""
        from numpy import array

        return array(self._order()) if self.random and len(self) > 1 else None

    def _order(self) -> list[int]:
        order = list(range(self.rows))
        if self.random and len(self) > 1:
            self.random.shuffle(order)
        return order
