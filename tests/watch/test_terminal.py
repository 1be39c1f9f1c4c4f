"""`keras-vg watch` in a real terminal: keys, captured screens, and the terminal that is left behind."""

import re
import shlex
import subprocess
import sys

import numpy as np
import pytest

from helpers.tables import write_gradients
from helpers.terminals import Terminal, name_command
from helpers.watched import write_run, write_runs

APPEND = """
import sys, time
from keras_vg.logs.schemas import GRADIENT
from keras_vg.logs.writer import CsvLog
path, layers, epochs = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
row = dict.fromkeys(GRADIENT.columns, 0.5) | {"step": 9, "weight": ["kernel"], "size": 4, "steps": 10}
row |= {"nonfinite_steps": 0, "zero_fraction": 0.0, "gradient_rms": 0.2}
log = CsvLog(path, GRADIENT)
log.open()
for epoch in range(epochs):
    log.write(row | {"epoch": epoch, "depth": depth, "layer": f"dense_{depth}"} for depth in range(layers))
    time.sleep(0.2)
log.close()
"""
"""A process that writes a log as a training does, five epochs a second."""


@pytest.fixture
def open_terminal(tmp_path):
    terminals = []

    def open_one(*arguments, **options):
        terminals.append(Terminal(name_command("watch", *arguments), tmp_path, **options))
        return terminals[-1]

    yield open_one
    for terminal in terminals:
        terminal.close()


def test_a_training_is_watched_from_before_its_first_epoch(open_terminal, tmp_path):
    terminal = open_terminal("runs/*.csv", "--interval", 0.1)
    terminal.wait_for("no run yet", "waiting for runs/*.csv")
    write_run(tmp_path / "runs", "sick", 0.2, losses=np.full(20, 0.7))
    lines = terminal.wait_for("▶dense_0", "sick: 1 error", "dead", "error vanishing gradient in dense_0 to dense_6")
    assert lines[5].split() == ["dense_1", "5.12e-08→", "1.0e-02", "2%", "5%", "▁" * 20]
    terminal.press("Down", "m")
    terminal.wait_for("▶dense_1 ", "m map: update ratio")
    terminal.press("q")
    terminal.wait_for("status 0")
    terminal.check_is_restored()


@pytest.mark.long
@pytest.mark.parametrize(("width", "height"), [(80, 24), (200, 60)])
@pytest.mark.parametrize("colours", [True, False])
def test_a_process_that_writes_is_followed(open_terminal, tmp_path, width, height, colours):
    environment = {} if colours else {"NO_COLOR": "1"}
    terminal = open_terminal("deep_gradients.csv", width=width, height=height, **environment)
    terminal.wait_for("no run yet", "waiting for deep_gradients.csv")
    arguments = [sys.executable, "-c", APPEND, str(tmp_path / "deep_gradients.csv"), "1000", "15"]
    epochs = set()
    with subprocess.Popen(arguments) as training:
        terminal.wait_for("▶dense_0 ")
        terminal.press("PageDown", "PageDown", "Down")
        while training.poll() is None:
            epochs |= set(re.findall(r"epoch \d+", "\n".join(terminal.capture())))
    assert len(epochs) > 2
    assert training.returncode == 0
    lines = terminal.wait_for("epoch 14", "of 1000", "2.00e-01→")
    assert len(lines) == height
    assert not any(line.startswith("▶dense_0 ") for line in lines)
    assert any(line.startswith("▶dense_") and line.endswith("█" * 15) for line in lines)
    assert ("\x1b[38;" in "".join(terminal.capture(with_styles=True))) == colours
    terminal.press("End")
    terminal.wait_for("▶dense_999 ")
    terminal.press("q")
    terminal.wait_for("status 0")
    terminal.check_is_restored()


@pytest.mark.long
def test_a_picture_is_written_and_other_sizes_are_filled(open_terminal, tmp_path):
    write_runs(tmp_path / "runs")
    terminal = open_terminal("runs/*.csv", "--picture", "seen.png")
    terminal.wait_for("sick: 1 error", "well")
    terminal.resize(200, 60)
    lines = terminal.wait_for("Use `activation='relu'`", "saturated")
    assert len(lines) == 60
    terminal.press("Right")
    terminal.wait_for("▶well")
    terminal.press("s")
    terminal.wait_for("seen.png: 11 plots", seconds=120)
    assert (tmp_path / "seen.png").read_bytes().startswith(b"\x89PNG")
    terminal.resize(80, 24)
    terminal.wait_for("▶well", "seen.png: 11 plots")
    terminal.press("q")
    terminal.wait_for("status 0")


@pytest.mark.long
@pytest.mark.parametrize("how", ["C-c", "SIGTERM"])
def test_the_terminal_is_restored_when_the_view_is_broken_off(open_terminal, tmp_path, how):
    path = write_gradients(tmp_path / "gradients.csv")
    terminal = open_terminal(path)
    terminal.wait_for("▶dense_0")
    if how == "C-c":
        terminal.press("C-c")
        terminal.wait_for("status 130")
    else:
        terminal.find_process("watch").terminate()
        terminal.wait_for("status 143")
    terminal.check_is_restored()


@pytest.mark.long
def test_without_a_keyboard_the_view_goes_on_until_it_is_ended(tmp_path):
    path = write_gradients(tmp_path / "gradients.csv")
    terminal = Terminal(f"{name_command('watch', path)} < /dev/null", tmp_path)
    try:
        terminal.wait_for("▶dense_0")
        write_gradients(path, [[0.1, 0.2]] * 7)
        terminal.wait_for("epoch 6")
        terminal.find_process("watch").terminate()
        terminal.wait_for("status 143")
    finally:
        terminal.close()


def test_a_file_that_is_no_log_is_refused_before_the_view_is_opened(open_terminal, tmp_path):
    (tmp_path / "other.csv").write_text("time,value\n0,1\n")
    terminal = open_terminal(shlex.quote("other.csv"))
    terminal.wait_for("Error: A table must be a log", "status 2")
