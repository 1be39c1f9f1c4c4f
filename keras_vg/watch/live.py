"""The view in a terminal: drawn anew when something has changed, and moved by keys, until it is left."""

import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console, Group

from keras_vg.logs.runs import join_run_logs, read_run_logs
from keras_vg.logs.schemas import LOG_TYPES
from keras_vg.logs.sources import find_patterns, list_files
from keras_vg.signals import end_by_exception
from keras_vg.watch.cells import BLOCKS, LETTERS, Symbols
from keras_vg.watch.keys import open_keyboard
from keras_vg.watch.lines import LiveScreen
from keras_vg.watch.panel import HEAD
from keras_vg.watch.runs import Watch
from keras_vg.watch.screen import Selection, draw_screen, draw_state

INTERVAL = 0.5
"""Seconds between two looks at the files."""


def watch_live(names: Sequence[Path | str], console: Console, picture: Path, interval: float = INTERVAL) -> None:
    """Shows runs until the key q is pressed.

    Args:
        names: Paths of logs, which need not exist yet, and patterns: files that come to match are shown, too.
        console: The terminal.
        picture: The file that the key s writes.
        interval: Seconds between two looks at the files.

    Raises:
        ValueError: If none of the files that are there is a log, and none is waited for.
        KeyboardInterrupt: If Ctrl-C is pressed; the terminal is as before then, too.
    """
    patterns = find_patterns(names)
    watch = Watch(lambda: list_files(patterns), patterns)
    watch.update(time.monotonic())
    watch.check()
    selection, symbols = Selection(), choose_symbols(console)
    with end_by_exception(), open_keyboard() as keyboard, console.screen():
        screen, size, is_stale = LiveScreen(console), (0, 0), True
        while True:
            if size != (console.width, console.height):
                size, is_stale = (console.width, console.height), True
                screen.clear()
            if is_stale:
                screen.show(draw_screen(watch, selection, *size, symbols))
            keys = keyboard.wait(0.0 if watch.is_behind else interval)
            for key in keys:
                if key in ("q", "Q"):
                    return
                selection.message = ""
                if key == "s":
                    selection.message = f"writing {picture} ..."
                    screen.show(draw_screen(watch, selection, *size, symbols))
                    selection.message = write_picture(watch, picture)
                else:
                    move(watch, selection, key, size[1])
            is_stale = watch.update(time.monotonic()) or bool(keys)


def print_state(watch: Watch, console: Console) -> None:
    """Prints the state of runs, with all their layers and findings.

    Args:
        watch: The runs.
        console: Where to.
    """
    console.print(Group(*draw_state(watch, console.width, choose_symbols(console))), soft_wrap=True)


def read_state(names: Sequence[Path]) -> Watch:
    """Reads runs as they are now.

    Args:
        names: Paths of logs.

    Returns:
        The runs, diagnosed.

    Raises:
        FileNotFoundError: If a log does not exist.
        ValueError: If none is a log with rows.
    """
    for path in names:
        if not path.is_file():
            raise FileNotFoundError(f"A log must be an existing file. Received: {str(path)!r}. Check the path.")
    watch = Watch(lambda: names)
    watch.update(time.monotonic())
    while watch.is_behind:
        watch.update(time.monotonic())
    watch.update(time.monotonic(), is_urgent=True)
    watch.check()
    if not watch.runs:
        raise ValueError(f"A log must have rows. Received: {', '.join(watch.notes)}. Did the training end an epoch?")
    return watch


def move(watch: Watch, selection: Selection, key: str, height: int) -> None:
    """Changes what is chosen as a key says; keys without a meaning change nothing.

    Args:
        watch: The runs.
        selection: What is chosen, which `draw_screen` keeps within what there is.
        key: The key, by its name.
        height: Lines of the terminal, for a page.
    """
    page = max(1, height - HEAD - 10)
    steps = {"up": -1, "k": -1, "down": 1, "j": 1, "page up": -page, "page down": page}
    selection.layer += steps.get(key, 0)
    selection.run += {"left": -1, "h": -1, "right": 1, "l": 1}.get(key, 0)
    if key == "home":
        selection.layer = 0
    elif key == "end":
        selection.layer = 1 << 30
    elif key == "m" and watch.runs:
        metrics = watch.runs[min(max(selection.run, 0), len(watch.runs) - 1)].metrics
        index = metrics.index(selection.metric) if selection.metric in metrics else 0
        selection.metric = metrics[(index + 1) % len(metrics)] if metrics else None


def write_picture(watch: Watch, path: Path) -> str:
    """Draws the plots of all runs, as `keras-vg plot` does, from the files as they are now.

    Args:
        watch: The runs.
        path: The picture to write.

    Returns:
        What to tell: that it was written, or why not.
    """
    from keras_vg.plots import choose_panels, draw_panels

    files = [file.log.path for run in watch.runs for file in run.logs.values()]
    if not files:
        return "There is nothing to draw yet."
    try:
        runs = read_run_logs(files)
        tables = [table for log_type in LOG_TYPES if (table := join_run_logs(runs, log_type)) is not None]
        panels = [panel for table in tables for panel in choose_panels(table)]
        draw_panels(panels).savefig(path, dpi=150)
    except (OSError, ValueError) as error:
        return f"No picture: {error}"
    return f"{path}: {len(panels)} plots"


def choose_symbols(console: Console) -> Symbols:
    """Chooses characters that the terminal's encoding has."""
    return LETTERS if console.options.ascii_only else BLOCKS
