import json
import subprocess
import sys

import numpy as np
import pytest
from test_csvlog import make_block, write_log
from typer.testing import CliRunner

from keras_vg.cli import app


@pytest.fixture
def logs(tmp_path):
    write_log(tmp_path / "a.csv", make_block(np.float32([2, -4])))
    write_log(tmp_path / "b.csv", make_block(np.float32([30])))
    return [str(tmp_path / "a.csv"), str(tmp_path / "b.csv")]


def test_compare(logs):
    result = CliRunner().invoke(app, ["compare", *logs])
    assert result.exit_code == 0
    cells = [[cell.strip() for cell in line.split("│")[1:-1]] for line in result.stdout.splitlines() if "│" in line]
    assert cells == [["0", "0", "a", "3", "1"], ["0", "0", "b", "30", "10"]]


def test_compare_as_json(logs):
    result = CliRunner().invoke(app, ["compare", "--json", "--value", "delta", *logs])
    assert json.loads(result.stdout) == [
        {"epoch": 0, "depth": 0, "delta/a": 3.0, "delta/b": 30.0, "ratio/a": 1.0, "ratio/b": 10.0}
    ]


def test_a_users_mistake_is_one_line_and_status_2(logs):
    for arguments, message in [
        (["nope.csv"], "must be an existing file"),
        (["--value", "loss", *logs], "value='loss'"),
    ]:
        result = CliRunner().invoke(app, ["compare", *arguments])
        assert result.exit_code == 2
        assert message in result.stderr
        assert "Traceback" not in result.stderr


def test_the_command_and_the_module_load_no_keras(logs):
    program = (
        "import sys\nfrom keras_vg.cli import app\n"
        f"app(['compare', *{logs}], standalone_mode=False)\n"
        "assert not {'keras', 'tensorflow', 'matplotlib'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)
    result = subprocess.run([sys.executable, "-m", "keras_vg", "compare", *logs], capture_output=True, text=True)
    assert result.returncode == 0
    assert "implied_gradient" in result.stdout


def test_many_runs_and_odd_names_stay_legible(tmp_path):
    names = [f"a_rather_long_name_of_a_run_{i}" for i in range(15)] + ["x[red]"]
    paths = [str(write_log(tmp_path / f"{name}.csv", make_block(np.float32([i + 1])))) for i, name in enumerate(names)]
    result = CliRunner().invoke(app, ["compare", *paths], env={"COLUMNS": "80"})
    text = "".join(line.split("│")[3].strip() for line in result.stdout.splitlines() if "│" in line)
    assert text == "".join(names)


def test_compare_of_a_log_without_rows(tmp_path):
    result = CliRunner().invoke(app, ["compare", str(write_log(tmp_path / "a.csv"))])
    assert result.exit_code == 0
