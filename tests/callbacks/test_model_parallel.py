"""Layouts that spread weights over the devices of one and of two processes: the same rows as on one device."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

import keras_vg as vg
from helpers.spread import WATCHED

pytestmark = [
    pytest.mark.model,
    pytest.mark.long,
    pytest.mark.skipif(keras.backend.backend() != "jax", reason="layouts are JAX's"),
]

TESTS = Path(__file__).parents[1]
LAYOUTS = ("data", "model", "both")
LOGS = ("gradients", "deltas", "activations")
ROUNDING = {"rtol": 2e-4, "atol": 2e-7}  # float32 sums in another order, and what 8 steps of Adam make of them


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """What one process saw on one device and on two, and then two processes with two devices each."""
    folder = tmp_path_factory.mktemp("spread")
    run(folder, [["-", "-"]])
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    run(folder, [[address, "0"], [address, "1"]], *LAYOUTS)
    return folder


def run(folder, processes, *layouts):
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(TESTS), *sys.path]),
        "XLA_FLAGS": "--xla_force_host_platform_device_count=2",
    }
    started = []
    for address, number in processes:
        command = [sys.executable, str(TESTS / "helpers" / "spread.py"), address, number, str(folder), *layouts]
        with (folder / f"output{number}.txt").open("w") as output:
            started.append(subprocess.Popen(command, env=environment, stdout=output, stderr=subprocess.STDOUT))
    try:
        for process, (_, number) in zip(started, processes, strict=True):
            assert process.wait(timeout=900) == 0, (folder / f"output{number}.txt").read_text()[-4000:]
    finally:
        for process in started:
            process.kill()


def read(folder, number):
    return json.loads((folder / f"process{number}.json").read_text())


def check_same_rows(one, other):
    rows = [vg.read_log(path) for path in (one, other)]
    assert len(rows[0]) == len(rows[1]) > 0
    for column in rows[0].columns:
        if rows[0][column].dtype.kind == "f":
            np.testing.assert_allclose(rows[1][column], rows[0][column], **ROUNDING, err_msg=column)
        elif column != "run":
            assert rows[0][column].tolist() == rows[1][column].tolist(), column


@pytest.mark.parametrize("place", ["devices", *[f"process0/{layout}" for layout in LAYOUTS]])
@pytest.mark.parametrize("log", LOGS)
def test_rows_are_those_of_one_device(folder, place, log):
    check_same_rows(folder / "alone" / log / "log.csv", folder / place / log / "log.csv")


def test_one_process_writes(folder):
    assert not list(folder.glob("process1/**/*.csv"))


@pytest.mark.parametrize("place", ["devices", *LAYOUTS])
@pytest.mark.parametrize("name", WATCHED)
def test_findings_and_metrics_are_those_of_one_device(folder, place, name):
    expected = read(folder, "-")["alone"][name]
    seen = [read(folder, "-")] if place == "devices" else [read(folder, number) for number in range(2)]
    for found in [process[place][name] for process in seen]:
        assert found["findings"] == expected["findings"]
        assert found["history"].keys() == expected["history"].keys()
        for metric, values in expected["history"].items():
            np.testing.assert_allclose(found["history"][metric], values, **ROUNDING, err_msg=metric)
    assert all(process[place][name] == seen[0][place][name] for process in seen)


def test_what_the_guard_is_to_find(folder):
    """The inputs of the probe are a hundred times as large as they should be, and a bias was made infinite once."""
    seen = read(folder, "-")["alone"]
    assert {"saturated_units", "input_scale"} <= {finding[0] for finding in seen["probe"]["findings"]}
    assert ["restored", 1, 2, ["a"]] in seen["restore"]["findings"]


@pytest.mark.parametrize("place", LAYOUTS)
@pytest.mark.parametrize("name", WATCHED[1:-1])
def test_training_is_what_it_is_without_callbacks(folder, place, name):
    seen = read(folder, 0)[place]
    assert seen[name]["history"]["loss"] == seen["plain"]["history"]["loss"]


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("directory", "IsADirectoryError"),
        ("absent", "FileNotFoundError"),
        ("unknown layer", "ValueError"),
        ("taken, warnings are errors", "UserWarning"),
    ],
)
def test_an_error_of_one_process_is_raised_in_both(folder, name, error):
    seen = [read(folder, number)["errors"][name] for number in range(2)]
    assert [process["error"] for process in seen] == [error, error]
    assert seen[0]["message"] == seen[1]["message"]


def test_a_log_that_cannot_be_written_any_more_is_a_warning_of_the_process_that_writes(folder):
    seen = [read(folder, number)["errors"] for number in range(2)]
    rows_of_the_second_epoch = 6
    assert [process["taken"]["missing"] for process in seen] == [[rows_of_the_second_epoch], [0]]
    assert ["could not be written" in process["taken"]["warnings"][0] for process in seen[:1]] == [True]
    assert seen[1]["taken"]["warnings"] == []


def test_both_go_on_after_errors(folder):
    seen = [read(folder, number)["errors"] for number in range(2)]
    for process in seen:
        assert process["plain"]["losses"] == process["taken"]["losses"] == process["afterwards"]["losses"]
    assert len(vg.read_log(folder / "errors0" / "afterwards.csv")) == 2 * 6
