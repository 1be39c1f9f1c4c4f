import dataclasses
import subprocess
import sys

import numpy as np
import pytest
from typer.testing import CliRunner

from helpers.commands import SCHEMA, read_json
from helpers.tables import make_activations, make_block, write_gradients, write_history, write_log
from keras_vg.cli import app
from keras_vg.logs.schemas import ACTIVATION
from keras_vg.reproductions import REPRODUCTIONS

VANISHING = [[1e-9, 1e-7, 1e-5, 1e-3, 1e-1]] * 3
HEALTHY = [[0.1, 0.1, 0.1, 0.1, 0.1]] * 3


def run(*arguments, **options):
    return CliRunner().invoke(app, [str(argument) for argument in arguments], **options)


@pytest.fixture
def logs(tmp_path):
    write_log(tmp_path / "a.csv", make_block(np.float32([2, -4])))
    write_log(tmp_path / "b.csv", make_block(np.float32([30])))
    return [str(tmp_path / "a.csv"), str(tmp_path / "b.csv")]


@pytest.fixture
def log_of_each_kind(tmp_path):
    activations = tmp_path / "run_activations.csv"
    make_activations([[0.2, 0.3]], [[0.0, 0.1]])[list(ACTIVATION.columns)].to_csv(activations, index=False)
    return {
        "deltas": write_log(tmp_path / "run_deltas.csv", make_block(np.float32([1e-3, 0]))),
        "gradients": write_gradients(tmp_path / "run_gradients.csv"),
        "activations": activations,
        "history": write_history(tmp_path / "run_history.csv"),
    }


def test_compare(logs):
    result = run("compare", *logs)
    assert result.exit_code == 0
    cells = [[cell.strip() for cell in line.split("│")[1:-1]] for line in result.stdout.splitlines() if "│" in line]
    assert cells == [["0", "0", "a", "3", "1"], ["0", "0", "b", "30", "10"]]


def test_compare_warns_of_different_layers(tmp_path):
    paths = [tmp_path / f"{name}.csv" for name in "ab"]
    for path, layers in zip(paths, (["h", "out"], ["h", "h2", "out"]), strict=True):
        write_gradients(path, layers=layers)
    result = run("compare", *paths)
    assert "Warning: Runs have different layers at one depth" in result.stderr
    assert not run("compare", *paths, "--by", "epoch", "--by", "layer").stderr


def test_compare_as_json(logs):
    result = run("compare", "--json", "--value", "delta", *logs)
    assert read_json("compare", result) == [
        {"epoch": 0, "depth": 0, "delta/a": 3.0, "delta/b": 30.0, "ratio/a": 1.0, "ratio/b": 10.0}
    ]


def test_json_keeps_all_digits_and_what_is_not_finite(tmp_path):
    values = [1.2345678901234567e-9, np.nan, np.inf]
    path = write_log(tmp_path / "a.csv", *(make_block(np.array([value]), epoch) for epoch, value in enumerate(values)))
    result = run("compare", path, "--by", "epoch", "--json")
    read = [float(row["implied_gradient/a"]) for row in read_json("compare", result)]
    np.testing.assert_array_equal(read, values)


def test_compare_says_how_many_rows_it_leaves_out(tmp_path):
    path = write_log(tmp_path / "a.csv", *(make_block(np.float32([1]), epoch) for epoch in range(10)))
    result = run("compare", path, "--rows", 4)
    epochs = [line.split("│")[1].strip() for line in result.stdout.splitlines() if "│" in line]
    assert epochs == ["0", "1", "…", "8", "9"]
    assert "6 of 10 rows left out" in result.stderr
    assert "…" not in run("compare", path, "--rows", 0).stdout


def test_diagnose_by_exit_status(tmp_path):
    sick = write_gradients(tmp_path / "sick_gradients.csv", VANISHING, learning_rate=0.1)
    healthy = write_gradients(tmp_path / "healthy_gradients.csv", HEALTHY, learning_rate=0.1)
    result = run("diagnose", healthy)
    assert (result.exit_code, result.stdout.split()[:2]) == (0, ["healthy", "healthy:"])
    result = run("diagnose", sick)
    assert result.exit_code == 1
    assert "vanishing" in result.stdout
    result = run("diagnose", "--json", healthy, sick)
    assert result.exit_code == 1
    records = {record["run"]: record for record in read_json("diagnose", result)}
    assert records["healthy"]["verdict"] == "healthy"
    assert records["healthy"]["is_healthy"]
    assert not records["sick"]["is_healthy"]
    finding = records["sick"]["findings"][0]
    assert set(finding) == {"rule", "severity", "layers", "epoch", "evidence", "advice", "consequences"}
    assert finding["layers"][0] == "dense_0"


@pytest.mark.parametrize("suffix", ["png", "svg", "pdf"])
def test_plot_writes_what_its_ending_says(log_of_each_kind, tmp_path, suffix):
    picture = tmp_path / f"plot.{suffix}"
    result = run("plot", log_of_each_kind["gradients"], "--decay", 0.25, "-o", picture)
    assert result.exit_code == 0, result.output
    head = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}[suffix]
    assert picture.read_bytes().startswith(head)


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("deltas", ["First layer: change per epoch", "Weights before and after"]),
        ("gradients", ["First layer's gradient", "Gradient over depth", "Size of the updates"]),
        ("activations", ["Saturated values and dead units", "Dead, layer by epoch"]),
        ("history", ["Loss"]),
    ],
)
def test_plot_chooses_by_the_kind_of_log(log_of_each_kind, tmp_path, kind, words):
    picture = tmp_path / "plot.svg"
    assert run("plot", log_of_each_kind[kind], "-o", picture).exit_code == 0
    text = picture.read_text()
    for word in words:
        assert f"<!-- {word}" in text


def test_files_that_are_written_as_json(log_of_each_kind, tmp_path):
    picture, page = tmp_path / "plot.svg", tmp_path / "report.html"
    drawn = read_json("plot", run("plot", log_of_each_kind["history"], "-o", picture, "--json"))
    assert drawn == {"output": str(picture), "runs": ["run"], "plots": ["Loss"]}
    written = read_json("report", run("report", log_of_each_kind["history"], "-o", page, "--json"))
    assert written == {"output": str(page), "bytes": page.stat().st_size}


def test_every_command_has_json_with_a_schema():
    commands = {command.name or command.callback.__name__ for command in app.registered_commands}
    for command in commands:
        assert "--json" in run(command, "--help", env={"COLUMNS": "200"}).stdout, command
    assert commands <= set(SCHEMA["$defs"])


def test_watch_prints_the_state_once_where_there_is_no_terminal(log_of_each_kind, tmp_path):
    for options in ([], ["--once"]):
        result = run("watch", *log_of_each_kind.values(), *options, env={"COLUMNS": "120"})
        assert result.exit_code == 0, result.output
        assert "dense_0  1.00e-01" in result.stdout
        assert "\x1b" not in result.stdout
    # An error is shown, and is no error of the command.
    sick = write_gradients(tmp_path / "sick_gradients.csv", VANISHING, learning_rate=0.1)
    result = run("watch", sick, "--once", env={"COLUMNS": "120"})
    assert result.exit_code == 0
    assert "error vanishing gradient in dense_0" in result.stdout


def test_watch_as_json(log_of_each_kind):
    [state] = read_json("watch", run("watch", *log_of_each_kind.values(), "--json"))
    assert (state["run"], state["epoch"], state["losses"]) == ("run", 1, {"loss": 0.6})
    assert state["layers"][1] == {
        "depth": 1,
        "layer": "dense_1",
        "gradient_rms": 0.2,
        "update_ratio": 0.01,  # 0.02 over 2, of `make_gradients`
        "dead_fraction": 0.1,
        "saturated_fraction": 0.3,
        "mean_abs_delta": None,
    }


def test_report(log_of_each_kind, tmp_path):
    result = run("report", *log_of_each_kind.values(), "-o", tmp_path / "report.html", "--title", "Mine")
    assert result.exit_code == 0, result.output
    assert "<title>Mine</title>" in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_reproduce_is_a_second_door_to_the_experiments(tmp_path):
    result = run("reproduce", "B1", "--json", "-o", tmp_path / "new" / "results")
    assert result.exit_code == 0, result.output
    outcomes = {verdict["claim"]: verdict["outcome"] for verdict in read_json("reproduce", result)}
    assert outcomes == REPRODUCTIONS["saturated_neuron"].expected
    assert "B1" in (tmp_path / "new" / "results" / "RESULTS.md").read_text(encoding="utf-8")


def test_reproduce_fails_where_a_verdict_surprises(tmp_path, monkeypatch):
    surprise = dataclasses.replace(REPRODUCTIONS["saturated_neuron"], expected={"B1": "holds", "B2": "holds in part"})
    monkeypatch.setattr("keras_vg.reproductions.run_all.find_reproductions", lambda claims: [surprise])
    result = run("reproduce", "B1", "-o", tmp_path)
    assert result.exit_code == 1
    assert "B1: expected 'holds', found 'holds in part'" in result.stderr


def test_a_users_mistake_is_one_line_and_status_2(logs, tmp_path):
    foreign = tmp_path / "foreign.csv"
    foreign.write_text("time,value\n0,1\n")
    empty = write_log(tmp_path / "empty.csv")
    gradients = write_gradients(tmp_path / "gradients.csv")
    for arguments, message in [
        (["compare", "nope.csv"], "must be an existing file"),
        (["compare", "no*.csv"], "which matches none"),
        (["compare", "--value", "loss", *logs], "value='loss'"),
        (["compare", "--by", "delta", *logs], "Received: by="),
        (["diagnose", "nope.csv"], "must be an existing file"),
        (["diagnose", foreign], "columns=['time', 'value']"),
        (["diagnose", empty], "must have rows"),
        (["diagnose", logs[0]], "Changes of weights alone do not say"),
        (["plot", logs[0], "-o", tmp_path / "plot.jpg"], "must be a .png, .svg or .pdf"),
        (["plot", logs[0], "-o", tmp_path / "no" / "plot.png"], "The folder of a file to write"),
        (["report", logs[0], "-o", tmp_path / "no" / "report.html"], "The folder of a file to write"),
        (
            ["report", "--follow", logs[0], "-o", tmp_path / "no" / "report.html"],
            "The folder of a file to write",
        ),
        (["plot", gradients, "--decay", "-1", "-o", tmp_path / "plot.png"], "must be a positive factor"),
        (["report", "nope.csv"], "must be an existing file"),
        (["report", logs[0], "-o", tmp_path], "Is a directory"),
        (["report", "--follow", "--json", logs[0]], "--follow goes on"),
        (["report", "--follow", foreign], "columns=['time', 'value']"),
        (["watch", "nope.csv"], "must be an existing file"),
        (["watch", "no*.csv"], "which matches none"),
        (["watch", foreign, "--once"], "columns=['time', 'value']"),
        (["watch", empty, "--json"], "must have rows"),
        (["watch", logs[0], "--picture", "a.gif"], "must be a .png, .svg or .pdf"),
        (["reproduce", "Z9"], "A claim must be one of A1"),
        (["diagnose"], "Missing argument"),
        (["plot", logs[0]], "Missing option"),
        (["compare", "--rows", "-1", *logs], "Invalid value"),
    ]:
        result = run(*arguments)
        assert result.exit_code == 2, arguments
        assert message in result.stderr
        assert "Traceback" not in result.stderr


def test_a_torn_log_is_a_warning_in_one_line(logs):
    with open(logs[0], "ab") as file:
        file.write(b"2,0,dense,kernel,0,0.1,0")
    result = run("compare", *logs)
    assert result.exit_code == 0
    assert result.stderr.startswith("Warning: ")
    assert "dropped the torn row" in result.stderr


def test_commands_that_read_csv_files_load_no_keras(log_of_each_kind, tmp_path):
    gradients, report, picture = log_of_each_kind["gradients"], tmp_path / "report.html", tmp_path / "plot.png"
    heavy = {"keras", "tensorflow", "jax", "torch", "sklearn"}
    commands = [
        (["compare", gradients], heavy | {"matplotlib", "jinja2"}),
        (["diagnose", gradients, log_of_each_kind["history"]], heavy | {"matplotlib", "jinja2"}),
        (["watch", gradients, "--once"], heavy | {"matplotlib", "jinja2"}),
        (["plot", gradients, "-o", picture], heavy),
        (["report", *log_of_each_kind.values(), "-o", report], heavy),
    ]
    program = "import sys\nfrom keras_vg.cli import app\n"
    for arguments, modules in commands:
        program += f"app({[str(argument) for argument in arguments]}, standalone_mode=False)\n"
        program += f"assert not {modules} & set(sys.modules), {modules} & set(sys.modules)\n"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert report.exists()
    assert picture.exists()


def test_the_module_is_the_command(logs):
    result = subprocess.run([sys.executable, "-m", "keras_vg", "compare", *logs], capture_output=True, text=True)
    assert result.returncode == 0
    assert "implied_gradient" in result.stdout


def test_help_has_examples_and_completion():
    assert "--install-completion" in run("--help").stdout
    for command in ("compare", "diagnose", "plot", "report", "reproduce"):
        result = run(command, "--help")
        assert f"Example: keras-vg {command}" in " ".join(result.stdout.split())


def test_many_runs_and_odd_names_stay_legible(tmp_path):
    names = [f"a_rather_long_name_of_a_run_{i}" for i in range(15)] + ["x[red]"]
    paths = [str(write_log(tmp_path / f"{name}.csv", make_block(np.float32([i + 1])))) for i, name in enumerate(names)]
    result = CliRunner().invoke(app, ["compare", *paths], env={"COLUMNS": "80"})
    text = "".join(line.split("│")[3].strip() for line in result.stdout.splitlines() if "│" in line)
    assert text == "".join(names)


def test_names_do_not_command_the_terminal(tmp_path):
    name = "dense\x1b]0;title\x07"
    sick = write_gradients(tmp_path / "gradients.csv", VANISHING, layers=[name] * 5)
    deltas = write_log(tmp_path / "deltas.csv", make_block(np.float32([1, 2]), layer=name))
    for arguments in (("diagnose", sick), ("compare", deltas, "--by", "layer")):
        output = run(*arguments).output
        assert "dense\ufffd]0;title\ufffd" in output
        assert not {"\x1b", "\x07"} & set(output)


def test_compare_of_a_log_without_rows(tmp_path):
    result = CliRunner().invoke(app, ["compare", str(write_log(tmp_path / "a.csv"))])
    assert result.exit_code == 0


def test_a_rule_is_explained(log_of_each_kind):
    result = run("explain", "dead relu", "no_update", env={"COLUMNS": "70"})
    assert result.exit_code == 0
    assert result.stdout.startswith("dead_relu\n")
    assert "\n\nno_update\n" in result.stdout
    assert max(map(len, result.stdout.split("\n"))) <= 70
    assert [record["rule"] for record in read_json("explain", run("explain", "no_update", "--json"))] == ["no_update"]
    result = run("explain", "dead_rely")
    assert (result.exit_code, "Did you mean 'dead_relu'" in result.stderr) == (2, True)
