"""What processes tell one another, with threads in the place of processes."""

import threading

import numpy as np
import pytest

from keras_vg.training.processes import Group

COUNT = 3


class Thread(Group):
    """Adds up over threads."""

    barrier = threading.Barrier(COUNT)
    numbers = [None] * COUNT

    def _sum(self, numbers):
        self.numbers[self.index] = numbers
        self.barrier.wait(timeout=60)
        total = sum(self.numbers)
        self.barrier.wait(timeout=60)
        return total


def run(action):
    """What each thread's action returned or raised."""
    results = [None] * COUNT

    def call(group):
        try:
            results[group.index] = action(group)
        except Exception as error:
            results[group.index] = error

    threads = [threading.Thread(target=call, args=(Thread(index, COUNT),)) for index in range(COUNT)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


VALUES = np.array([-0.0, np.nan, np.inf, 1e-300, -1.5])


@pytest.mark.parametrize("kind", ["float32", "float64", "uint8", "int32"])
def test_arrays_are_joined_bit_for_bit(kind):
    values = np.arange(5).astype(kind) if np.dtype(kind).kind in "iu" else VALUES.astype(kind)

    def share(group):
        own = np.where(np.arange(5) % COUNT == group.index, values, np.zeros(5, kind)).astype(kind)
        return group.add_up([own, np.full((2, 1), 7.0 if group.index == 1 else 0.0)])

    for joined, others in run(share):
        assert joined.tobytes() == values.tobytes()
        assert others.tolist() == [[7.0], [7.0]]


def test_rows_are_gathered_in_order():
    for rows in run(lambda group: group.gather(VALUES * (group.index + 1))):
        assert rows.tobytes() == np.array([VALUES, 2 * VALUES, 3 * VALUES]).tobytes()


class OwnError(Exception):
    """One that cannot be pickled."""

    def __init__(self, text):
        super().__init__(text)
        self.lock = threading.Lock()


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (IsADirectoryError(21, "no file"), (IsADirectoryError, "[Errno 21] no file")),
        (OwnError("3 birds"), (RuntimeError, "OwnError: 3 birds")),
    ],
)
def test_an_error_is_raised_in_all(error, expected):
    def fail(group):
        with group.share_errors():
            if group.index == 1:
                raise error

    for index, raised in enumerate(run(fail)):
        if index == 1:
            assert raised is error
        else:
            assert (type(raised), str(raised)) == expected
            assert str(raised.__cause__) == "Process 1 of 3 raised this, and all of them end the fit."


def test_each_of_several_raises_its_own_and_the_others_the_first():
    def fail(group):
        with group.share_errors():
            if group.index > 0:
                raise ValueError(str(group.index))

    assert [str(raised) for raised in run(fail)] == ["1", "1", "2"]


def test_nothing_is_raised_without_an_error():
    def work(group):
        with group.share_errors():
            return group.index

    assert run(work) == [0, 1, 2]
