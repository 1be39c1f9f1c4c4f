"""Measures what each callback costs: epochs with and without it, in turn, on any backend, on any two revisions."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # TensorFlow reads it once, when it is first imported

from pathlib import Path
from typing import Annotated

import keras
import numpy as np
import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from costs.models import DEEP_MODELS, MODELS
from costs.sides import check_out, list_turns, open_sides

HEADINGS = ("model", "callback", "ms/step", "ratio", "quartiles", "best", "processor", "attaching, s")
DEEP_HEADINGS = ("model", "callback", "first fit, s", "ratio", "processor", "epoch, ms", "ratio", "processor")
LOGGERS = ("plain", "plain again", "GradientLogger", "WeightDeltaLogger")


def main(
    repeats: Annotated[int, typer.Option(min=1, help="Epochs of each kind; of deep models, fresh models.")] = 21,
    steps: Annotated[int, typer.Option(min=1, help="Steps per epoch; 4 for deep models.")] = 100,
    models: Annotated[str, typer.Option(help="Which models, separated by commas.")] = "",
    loggers_only: Annotated[bool, typer.Option(help="Leave out the other ways to measure, for more epochs.")] = False,
    against: Annotated[str, typer.Option(help="A revision to run in turn with the working tree.")] = "",
    deep: Annotated[bool, typer.Option(help="The first fit of fresh deep models, and their later epochs.")] = False,
) -> None:
    """Prints, for each model and callback, the median over epochs of its time over a plain epoch's."""
    console = Console(width=140)
    what = f"{repeats} fresh models" if deep else f"{steps} steps per epoch, {repeats} epochs"
    table = Table(title=f"{keras.backend.backend()}, {what} of each, in turn", box=None)
    headings = DEEP_HEADINGS if deep else HEADINGS
    for place, heading in enumerate(headings):
        table.add_column(heading, justify="left" if place < 2 else "right", no_wrap=True)
    with check_out(against or None) as checkouts:
        for name in models.split(",") if models else DEEP_MODELS if deep else MODELS:
            if deep:
                rows = measure_fresh(name, repeats, console, checkouts)
            else:
                rows = measure_model(name, repeats, steps, loggers_only, console, checkouts)
            for row in rows:
                table.add_row(name, *row)
    console.print(table)
    console.print(
        "ratio: median over the epochs of each one's time over the plain one's of the same turn and revision; that of "
        "plain again says how far the machine is to be trusted. best: of the lower deciles, which other load on it "
        "disturbs least. processor: as ratio, of the processor's time. attaching: what the first epoch takes more, "
        "compilation included; for plain, what it takes anyway."
    )
    if against:
        console.print(f"over {against}: the same of the time of the working tree over that of {against}.")


def measure_model(
    name: str,
    repeats: int,
    steps: int,
    loggers_only: bool,
    console: Console,
    checkouts: dict[str, Path] | None = None,
) -> list[tuple[str, ...]]:
    """Trains one model, an epoch per callback and checkout in turn, and returns the rows of the table."""
    rng = np.random.default_rng(0)
    contenders = [*LOGGERS, *([] if loggers_only else ["second pass"])]
    if not loggers_only and keras.backend.backend() == "tensorflow":
        contenders.append("TensorBoard")
    with check_out(None) as working_tree, open_sides(checkouts or working_tree, name, steps) as sides:
        turns = list_turns(list(sides), contenders)
        first = {(side, contender): sides[side].run("epoch", contender)[0] for side, contender in turns}
        for side, contender in turns:
            sides[side].run("epoch", contender)
        found: dict[tuple[str, str], list[list[float]]] = {turn: [] for turn in turns}
        for _ in track(range(repeats), name, console=console):
            for index in rng.permutation(len(turns)):  # none always follows the same
                side, contender = turns[index]
                found[turns[index]].append(sides[side].run("epoch", contender))
    times = {turn: np.array(rows) for turn, rows in found.items()}
    rows: list[tuple[str, ...]] = []
    for (side, contender), own in times.items():
        middle = np.median(own[:, 0])
        attaching = f"{first[side, contender] - middle:.2f}"
        absolute = f"{1000 * middle / steps:.3f}"
        rows.append((f"{contender} {side}".strip(), absolute, *_compare(own, times[side, "plain"]), attaching))
    if checkouts is not None and len(checkouts) == 2:
        now, then = checkouts
        ratios = ((c, _compare(times[now, c], times[then, c])) for c in contenders)
        rows += [(f"{contender} over {then}", "", *figures, "") for contender, figures in ratios]
    return rows


def _compare(own: np.ndarray, other: np.ndarray) -> tuple[str, str, str, str]:
    """The ratio of two contenders' times, arrays of shape `(epochs, 2)`: median, quartiles, best, processor."""
    low, middle, high = np.quantile(own[:, 0] / other[:, 0], [0.25, 0.5, 0.75])
    best = np.quantile(own[:, 0], 0.1) / np.quantile(other[:, 0], 0.1)
    processor = np.median(own[:, 1] / other[:, 1])
    return f"{middle:.3f}", f"{low:.2f} to {high:.2f}", f"{best:.3f}", f"{processor:.3f}"


def measure_fresh(
    name: str, repeats: int, console: Console, checkouts: dict[str, Path], steps: int = 4
) -> list[tuple[str, ...]]:
    """Trains fresh deep models, plainly and with `GradientLogger` in turn, and returns the rows of the table."""
    rng = np.random.default_rng(0)
    with open_sides(checkouts, name, steps) as sides:
        turns = list_turns(list(sides), ("plain", "GradientLogger"))
        found: dict[tuple[str, str], list[list[float]]] = {turn: [] for turn in turns}
        for side in sides.values():
            side.run("fresh", "plain")  # which loads code
        for _ in track(range(repeats), name, console=console):
            for index in rng.permutation(len(turns)):
                side_name, contender = turns[index]
                found[turns[index]].append(sides[side_name].run("fresh", contender))
    pairs = [(turn, (turn[0], "plain")) for turn in turns]
    if len(checkouts) == 2:
        now, then = checkouts
        pairs += [((now, contender), (then, contender)) for contender in ("plain", "GradientLogger")]
    rows = []
    for (side_name, contender), other in pairs:
        times = found[side_name, contender]
        middle = np.median(times, axis=0)
        ratios = [f"{ratio:.3f}" for ratio in np.median(np.divide(times, found[other]), axis=0)]
        label = f"{contender} {side_name}" if other[0] == side_name else f"{contender} over {other[0]}"
        rows.append((label.strip(), f"{middle[0]:.2f}", *ratios[:2], f"{1000 * middle[2]:.1f}", *ratios[2:]))
    return rows


if __name__ == "__main__":
    typer.run(main)
