"""Processes that train with one version of the package each, the working tree or a revision."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


class Side:
    """A process that trains on command.

    Args:
        checkout: The folder that holds its `keras_vg`.
        model: The name of the model to train.
        steps: Steps of an epoch.
    """

    def __init__(self, checkout: Path, model: str, steps: int) -> None:
        paths = os.pathsep.join([str(checkout), str(ROOT / "benchmarks")])
        self._process = subprocess.Popen(
            [sys.executable, "-m", "costs.worker", model, str(steps)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": paths},
            cwd=checkout,
            text=True,
        )

    def run(self, task: str, contender: str) -> list[float]:
        """Has a task done, `"epoch"` or `"fresh"`; returns times, of each the clock's first, then the processor's.

        Raises:
            RuntimeError: If the process has ended.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps([task, contender]), file=self._process.stdin, flush=True)
        answer = self._process.stdout.readline()
        if not answer:
            raise RuntimeError(f"The process that trains with {contender!r} has ended. Received: its output above.")
        return list(json.loads(answer))

    def close(self) -> None:
        """Ends the process."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


@contextmanager
def check_out(revision: str | None) -> Iterator[dict[str, Path]]:
    """The folders to compare: the working tree's, and that of a revision, which is gone afterwards."""
    if revision is None:
        yield {"": ROOT}
        return
    with tempfile.TemporaryDirectory() as folder:
        checkout = Path(folder) / "checkout"
        _git("worktree", "add", "--quiet", "--detach", str(checkout), revision)
        try:
            yield {"now": ROOT, revision: checkout}
        finally:
            _git("worktree", "remove", "--force", str(checkout))


@contextmanager
def open_sides(checkouts: dict[str, Path], model: str, steps: int) -> Iterator[dict[str, Side]]:
    """Starts a process for each folder."""
    with ExitStack() as stack:
        sides = {name: Side(checkout, model, steps) for name, checkout in checkouts.items()}
        for side in sides.values():
            stack.callback(side.close)
        yield sides


def list_turns(sides: Sequence[str], contenders: Sequence[str]) -> list[tuple[str, str]]:
    """Every contender of every side."""
    return [(side, contender) for contender in contenders for side in sides]


def _git(*command: str) -> None:
    subprocess.run(["git", *command], cwd=ROOT, check=True)
