"""A metric of layers over epochs, in an array that grows with the training."""

import itertools
from collections.abc import Iterable

import numpy as np

MISSING = -1.0
"""Where there is no row. All metrics are 0 or larger, and NaN is one that was measured and is not finite."""


class Grid:
    """Values of layers over epochs. Adding an epoch does not copy those before.

    Example:
        >>> grid = Grid()
        >>> grid.put(np.array([3]), np.array([0, 1]), np.array([[0.5, 0.25]]))
        >>> grid.epochs.tolist(), grid.values.tolist()
        ([3], [[0.5, 0.25]])
    """

    def __init__(self) -> None:
        self._values = np.full((16, 4), MISSING)
        self._rows: dict[int, int] = {}
        self._columns: dict[int, int] = {}

    def put(self, epochs: np.ndarray, depths: np.ndarray, values: np.ndarray) -> None:
        """Sets values; those that were set before are replaced.

        Args:
            epochs: Epochs, of shape `(epochs,)`.
            depths: Layers, of shape `(layers,)`.
            values: The values, of shape `(epochs, layers)`.
        """
        rows = [self._rows.setdefault(epoch, len(self._rows)) for epoch in epochs.tolist()]
        columns = [self._columns.setdefault(depth, len(self._columns)) for depth in depths.tolist()]
        shape = self._values.shape
        needed = (len(self._rows), len(self._columns))
        if needed[0] > shape[0] or needed[1] > shape[1]:
            larger = [max(old, 2 * new if new > old else old) for old, new in zip(shape, needed, strict=True)]
            grown = np.full(larger, MISSING)
            grown[: shape[0], : shape[1]] = self._values
            self._values = grown
        self._values[np.ix_(rows, columns)] = values

    @property
    def epochs(self) -> np.ndarray:
        """The epochs, ascending, of shape `(epochs,)`."""
        return np.array(sorted(self._rows), int)

    @property
    def depths(self) -> list[int]:
        """The layers' depths, ascending."""
        return sorted(self._columns)

    @property
    def values(self) -> np.ndarray:
        """All values, of shape `(epochs, layers)`, in the order of `epochs` and `depths`."""
        return self.take(self.depths)

    def take(self, depths: Iterable[int]) -> np.ndarray:
        """Returns the values of some layers.

        Args:
            depths: The layers; one that is not there is `MISSING`.

        Returns:
            The values, of shape `(epochs, layers)`.
        """
        known = list(self._rows)
        rows: slice | list[int] = slice(len(known))
        if any(later < earlier for earlier, later in itertools.pairwise(known)):  # of a resumed training
            rows = [self._rows[epoch] for epoch in sorted(known)]
        columns = [self._columns.get(depth, -1) for depth in depths]
        taken = self._values[rows][:, columns]
        taken[:, np.array(columns, int) < 0] = MISSING
        return taken
