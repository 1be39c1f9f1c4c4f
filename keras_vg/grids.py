"""Many independent runs, on one core, on all cores, or on a cluster."""

import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from joblib import Parallel, delayed
from joblib.externals.loky import process_executor

T = TypeVar("T")

# Keras's global seed and cached models belong to the process. Dask's workers run tasks in threads, so that the tasks of
# one process must run one after another.
_TURN = threading.Lock()


def run_grid(function: Callable[..., T], tasks: Iterable[tuple[Any, ...]], jobs: int | None = None) -> Iterator[T]:
    """Calls a function with every tuple of arguments, in one or in several processes.

    Args:
        function: A function on the top level of a module, so that other processes can import it. Its result must not
            depend on the process, nor on earlier calls in the same process.
        tasks: The positional arguments of each call.
        jobs: Number of processes, -1 for one per core. None for the setting of `joblib.parallel_config`, by default 1.

    Yields:
        The results in the order of the tasks, each as soon as it and all before it are there.

    Raises:
        ValueError: If `jobs` is 0.

    Example:
        >>> list(vg.grids.run_grid(divmod, [(7, 2), (9, 4)]))
        [(3, 1), (2, 1)]
    """
    if jobs == 0:
        raise ValueError("`jobs` must be a number of processes, or -1 for all cores. Received: jobs=0.")
    return Parallel(n_jobs=jobs, return_as="generator")(delayed(_call)(function, task) for task in tasks)


def _call(function: Callable[..., T], task: tuple[Any, ...]) -> T:
    # Private: joblib replaces a worker whose memory grew by 300 MB, as a training's does, and may then wait forever for
    # the remaining tasks (seen with joblib 1.6). There is no public way to switch this off.
    process_executor._USE_PSUTIL = False
    with _TURN:
        return function(*task)
