"""Many independent runs, on one core, on all of them, or on a cluster."""

import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from joblib import Parallel, delayed
from joblib.externals.loky import process_executor

T = TypeVar("T")

# Seeds belong to the process, and so do models that are used again: threads, as Dask's workers have, take turns.
_TURN = threading.Lock()


def run_grid(function: Callable[..., T], tasks: Iterable[tuple[Any, ...]], jobs: int | None = None) -> Iterator[T]:
    """Calls a function on every tuple of arguments, each call perhaps in a process of its own.

    Args:
        function: A function of a module, so that other processes can import it; its result must not depend on which
            process runs it, or on what that process ran before.
        tasks: The arguments of each call.
        jobs: Number of processes, -1 for one per core. None: what `joblib.parallel_config` says, otherwise 1.

    Yields:
        The results, in the order of the tasks, as they come.

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
    # Private: joblib replaces a worker that grew by 300 MB, as one that trains does, and may then wait forever for
    # the rest (seen with joblib 1.6); there is no public way to let it grow.
    process_executor._USE_PSUTIL = False
    with _TURN:
        return function(*task)
