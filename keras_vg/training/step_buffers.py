"""Keep what a tap is shown on torch for many steps: there, starting an operation takes longer than its work."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from keras import ops

from keras_vg.training.exactness import shield
from keras_vg.training.norms import SMALL_SIZE, find_norm_on_host, measure_norms, measure_zeros, unscale
from keras_vg.training.totals import FINITE, NO_GRADIENT, NOT_CALLED, ROWS, STEPS, add_steps

MOST_STEPS = 256
"""So many steps are kept before they are added up on the host. Chosen."""

MOST_VALUES = 2**20
"""Of small gradients the values themselves are kept, of several steps at most so many: 4 MiB. Chosen."""


class DeviceBuffer:
    """Keeps the norms of each step where the gradients are, and their fractions of zeros if they are counted.

    Args:
        sizes: The number of values of each weight.
        counts_zeros: Whether to count the gradients' zeros.
    """

    def __init__(self, sizes: np.ndarray, counts_zeros: bool) -> None:
        self._sizes = sizes
        self._counts_zeros = counts_zeros
        self._norms = ops.zeros((MOST_STEPS, 1 + counts_zeros, len(sizes)), "float64")
        self.clear()

    def clear(self) -> None:
        """Starts again from zero."""
        self._totals = np.zeros((ROWS, len(self._sizes)))  # of the steps that left the buffer
        self._filled = 0
        self._norms.zero_()

    def add(self, gradients: Sequence[Any], scale: Any) -> None:
        """Adds a step.

        Args:
            gradients: One per weight: a tensor, `NO_GRADIENT` or `NOT_CALLED`.
            scale: What the loss was multiplied by, or None.
        """
        present = [i for i, gradient in enumerate(gradients) if gradient is not NO_GRADIENT]
        present = [i for i in present if gradients[i] is not NOT_CALLED]
        row = self._norms[self._filled]
        self._filled += 1
        positions: Any = slice(None)
        if len(present) < len(gradients):
            positions = present
            row.fill_(NOT_CALLED)
            row[:, [i for i, gradient in enumerate(gradients) if gradient is NO_GRADIENT]] = NO_GRADIENT
        if present:
            measurable = shield([gradients[i].detach() for i in present], False, None)
            row[0, positions] = unscale(measure_norms(measurable, self._sizes[present], False), scale)
            if self._counts_zeros:
                row[1, positions] = measure_zeros(measurable, self._sizes[present])
        if self._filled == MOST_STEPS:
            self._empty()

    def sum_up(self) -> np.ndarray:
        """Returns the totals of all steps, of shape `(7, weights)`."""
        self._empty()
        return self._totals

    def count_nonfinite(self) -> Any:
        """Counts the steps at which each weight's gradient was not finite, a tensor of shape `(weights,)`."""
        before = ops.convert_to_tensor(self._totals[STEPS] - self._totals[FINITE])
        return before + (~self._norms[:, 0].isfinite()).sum(dim=0)

    def _empty(self) -> None:
        if self._filled:
            rows = np.array(ops.convert_to_numpy(self._norms[: self._filled]))
            add_steps(self._totals, rows[:, 0], rows[:, 1] if self._counts_zeros else None)
            self._filled = 0
            self._norms.zero_()


class HostBuffer:
    """Keeps the values of small gradients, to be measured together, and the norms of large ones; on a CPU.

    Args:
        sizes: The number of values of each weight.
        counts_zeros: Whether to count the gradients' zeros.
    """

    _filled: int  # steps
    _measured: int  # so many of them

    def __init__(self, sizes: np.ndarray, counts_zeros: bool) -> None:
        import torch

        self._sizes = sizes.astype("float64")
        self._small = np.flatnonzero((sizes > 0) & (sizes <= SMALL_SIZE)).tolist()
        self._large = np.flatnonzero(sizes > SMALL_SIZE).tolist()
        lengths = sizes[self._small].astype(int)
        steps = min(MOST_STEPS, max(1, MOST_VALUES // max(1, int(lengths.sum()))))
        options: Any = {"dtype": torch.float32, "device": "cpu"}  # whatever the user has set as torch's defaults
        self._values = torch.zeros((steps, int(lengths.sum())), **options)
        self._rows = list(self._values)  # of the same memory; to take a row takes longer than to fill it
        self._starts = np.cumsum([0, *lengths])[:-1]
        self._absent = [torch.zeros(int(size), **options) if i in self._small else None for i, size in enumerate(sizes)]
        self._norms = np.zeros((steps, len(sizes)))
        self._zeros = np.zeros((steps, len(sizes))) if counts_zeros else None
        self.clear()

    def clear(self) -> None:
        """Starts again from zero."""
        self._totals = np.zeros((ROWS, len(self._sizes)))  # of the steps that left the buffer
        self._forget_steps()

    def add(self, gradients: Sequence[Any], scale: Any) -> None:
        """Adds a step; arguments as of `DeviceBuffer.add`."""
        import torch

        step = self._filled
        self._filled += 1
        absent = [i for i, gradient in enumerate(gradients) if gradient is NO_GRADIENT or gradient is NOT_CALLED]
        if absent:
            self._marks[step] = absent, [gradients[i] for i in absent]
            gradients = [self._absent[i] if i in absent else gradient for i, gradient in enumerate(gradients)]
        if scale is not None:
            self._scales[step] = float(scale)
        with torch.no_grad():  # of a step of the user's own, gradients may have gradients
            if self._small:
                torch.cat([gradients[i].reshape(-1) for i in self._small], out=self._rows[step])
            for i in self._large:
                if gradients[i] is not None:
                    self._norms[step, i] = find_norm_on_host(gradients[i])
                    if self._zeros is not None:
                        self._zeros[step, i] = 1 - int(torch.count_nonzero(gradients[i])) / self._sizes[i]
        if self._filled == len(self._rows):
            self._empty()

    def sum_up(self) -> np.ndarray:
        """Returns the totals of all steps, of shape `(7, weights)`."""
        self._empty()
        return self._totals

    def count_nonfinite(self) -> Any:
        """Counts the steps at which each weight's gradient was not finite, a tensor of shape `(weights,)`."""
        self._measure()
        added = (~np.isfinite(self._norms[: self._filled])).sum(axis=0)
        return ops.convert_to_tensor(self._totals[STEPS] - self._totals[FINITE] + added)

    def _measure(self) -> None:
        """Measures the small gradients of the steps since the last call, and puts scales and marks in."""
        new = slice(self._measured, self._filled)
        if self._small and new.start < new.stop:
            values = self._values[new].numpy()
            with np.errstate(all="ignore"):  # gradients without bounds
                squares = np.square(values, dtype="float64")
                self._norms[new, self._small] = np.sqrt(np.add.reduceat(squares, self._starts, axis=1))
            if self._zeros is not None:
                zeros = np.add.reduceat(values == 0, self._starts, axis=1, dtype="float64")
                self._zeros[new, self._small] = zeros / self._sizes[self._small]
        for step in range(new.start, new.stop) if self._scales or self._marks else ():
            absent, marks = self._marks.get(step, ([], []))
            present = np.setdiff1d(np.arange(len(self._sizes)), absent)
            norms = self._norms[step, present]
            if step in self._scales:  # as `unscale`
                norms = norms / self._scales[step] if np.isfinite(norms).all() else np.nan
            self._norms[step, present], self._norms[step, absent] = norms, marks
        self._measured = self._filled

    def _empty(self) -> None:
        self._measure()
        steps = slice(0, self._filled)
        add_steps(self._totals, self._norms[steps], None if self._zeros is None else self._zeros[steps])
        self._forget_steps()

    def _forget_steps(self) -> None:
        self._filled = self._measured = 0
        self._marks: dict[int, tuple[list[int], list[float]]] = {}
        self._scales: dict[int, float] = {}
