"""An array that grows by one value per epoch."""

import numpy as np


class GrowingArray:
    """Float64 values, of which one is added at a time; adding takes the same time however many there are."""

    def __init__(self) -> None:
        self._buffer = np.empty(16)
        self._size = 0

    def __len__(self) -> int:
        return self._size

    @property
    def values(self) -> np.ndarray:
        """The values, of shape `(len(self),)`: a view, that is not to be written to."""
        return self._buffer[: self._size]

    def append(self, value: float) -> None:
        """Adds a value."""
        if self._size == len(self._buffer):
            self._buffer = np.concatenate([self._buffer, np.empty_like(self._buffer)])
        self._buffer[self._size] = value
        self._size += 1
