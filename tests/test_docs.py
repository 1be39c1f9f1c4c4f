"""The examples in docstrings, in README and on the site's pages are run, and print what the pages say."""

import contextlib
import doctest
import importlib
import importlib.util
import io
import math
import pkgutil
import re
import shutil
import subprocess
import sys
from pathlib import Path

import keras
import matplotlib as mpl
import matplotlib.image
import numpy as np
import pandas as pd
import pytest
from typer.main import get_command

import keras_vg as vg
from keras_vg import cli, text
from keras_vg.logs import schemas

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
PAGES = {str(path.relative_to(ROOT)): path for path in [README, *sorted((ROOT / "docs").rglob("*.md"))]}
RUN_ELSEWHERE = {"docs/cure.md"}  # tests/cures/test_stories.py, with fewer epochs and seeds
LONG = ("docs/gallery/",)
OPTIONAL = {"duckdb", "jax", "keras_tuner", "mlflow", "optuna"}
"""Modules that an example may need and the tests do without."""

MODULES = sorted(m.name for m in pkgutil.walk_packages(vg.__path__, "keras_vg.") if not m.name.endswith("__main__"))
NUMBER = r"(?<![\w.])-?(?:\d+\.\d+(?:e[-+]?\d+)?|\d+e[-+]?\d+)(?![\w.]*\w)"
"""A number with decimals or an exponent."""


def find_examples(page):
    """A page's blocks of Python, each with what it prints: the block of text that follows, after one line at most."""
    blocks = re.findall(r"```python\n(.*?)```(?:\n+(?:[^\n`#][^\n]*:\n+)?```text\n(.*?)```)?", page, re.DOTALL)
    return [(code, printed or None) for code, printed in blocks]


def find_optional(code):
    """Which of the optional modules a block imports."""
    return OPTIONAL.intersection(re.findall(r"^(?:import|from) (\w+)", code, re.MULTILINE))


def matches(printed, expected):
    """Whether an example prints what the page shows: `...` stands for anything, white space and line ends do not count.

    Numbers with decimals may differ by a tenth: versions of a backend round differently.
    """
    printed, expected = " ".join(printed.split()), " ".join(expected.split())
    parts = re.split(rf"(\.\.\.|{NUMBER})", expected)
    pattern = "".join(
        ".*?" if part == "..." else f"({NUMBER})" if re.fullmatch(NUMBER, part) else re.escape(part) for part in parts
    )
    found = re.fullmatch(pattern, printed)
    numbers = [part for part in parts if re.fullmatch(NUMBER, part)]
    return found is not None and all(
        math.isclose(float(number), float(shown), rel_tol=0.1)
        for number, shown in zip(found.groups(), numbers, strict=True)
    )


def run(code, names, page):
    """Runs a block and returns what it prints."""
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(compile(code, page, "exec"), names)
    return printed.getvalue()


def list_pages():
    """Pages with examples, as parameters."""
    pages = [name for name, path in PAGES.items() if find_examples(path.read_text("utf-8"))]
    return [
        pytest.param(name, marks=pytest.mark.long if name.startswith(LONG) else ())
        for name in pages
        if name not in RUN_ELSEWHERE
    ]


@pytest.fixture
def workplace(tmp_path, monkeypatch, circle_runs):
    """A folder with the logs that the examples read."""
    mpl.use("agg")
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "runs" / "sigmoid_vs_relu"  # where the script leaves them
    folder.mkdir(parents=True)
    for run in circle_runs:
        shutil.copy(run.deltas, folder)
        shutil.copy(run.gradients, folder)
        shutil.copy(run.history, folder)
    return tmp_path


@pytest.fixture
def docstring_workplace(workplace, circle_runs):
    """The same, with the logs under the short names that the docstrings use."""
    for run in circle_runs:
        shutil.copy(run.deltas, f"{run.variant.name}.csv")


@pytest.mark.parametrize("name", MODULES)
def test_docstrings(name, docstring_workplace):
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name not in ("jax", "torch"):  # for which there are modules of their own
            raise
        pytest.skip(f"{error.name} is not installed")
    keras.backend.clear_session()  # automatic names of layers begin at `dense`
    names = {"vg": vg, "keras": keras, "np": np, "pd": pd, "shorten_paths": text.shorten_paths}
    results = doctest.testmod(module, extraglobs=names)
    assert results.failed == 0


@pytest.mark.parametrize(
    "name",
    [
        "WeightDeltaLogger",
        "GradientLogger",
        "ActivationLogger",
        "TrainingGuard",
        "read_log",
        "compare",
        "inspect",
        "diagnose",
        "cure",
    ],
)
def test_public_names_have_an_example(name):
    assert ">>>" in getattr(vg, name).__doc__


@pytest.mark.parametrize("name", list_pages())
def test_examples(name, workplace):
    """All examples of a page, in its order, but for those that need an optional module."""
    keras.backend.clear_session()  # automatic names of layers begin at `dense`
    names: dict[str, object] = {}
    for code, expected in find_examples(PAGES[name].read_text("utf-8")):
        if not find_optional(code):
            printed = run(code, names, name)
            assert expected is None or matches(printed, expected), f"{code}\nprints\n{printed}"


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of SQLAlchemy, which is none of ours
@pytest.mark.parametrize("module", sorted(OPTIONAL))
def test_examples_with_an_optional_module(module, workplace):
    pytest.importorskip(module, reason=f"{module} is not installed")
    if module == "mlflow":
        pytest.importorskip("alembic", reason="alembic, which mlflow stores runs with, is not installed")
    pages = {name: find_examples(path.read_text("utf-8")) for name, path in PAGES.items()}
    (name,) = (name for name, page in pages.items() if any(module in find_optional(code) for code, _ in page))
    names: dict[str, object] = {}
    (setup, _), *others = pages[name]
    run(setup, names, name)
    for code, _ in others:
        if code.startswith("def ") or module in find_optional(code):
            run(code, names, name)


def test_every_optional_module_is_needed():
    blocks = [code for path in PAGES.values() for code, _ in find_examples(path.read_text("utf-8"))]
    assert set().union(*(find_optional(code) for code in blocks)) == OPTIONAL


def test_what_an_example_prints_is_compared():
    shown = "sick: 1 error (ratio 4.95e-08)\n    8 layers, 0.22, ...\n"
    assert matches("sick: 1 error (ratio 4.9e-08) 8 layers, 0.223, and so on", shown)
    assert not matches("sick: 1 error (ratio 6.95e-08) 8 layers, 0.22, and so on", shown)
    assert not matches("sick: 1 error (ratio 4.95e-08) 7 layers, 0.22, and so on", shown)
    assert not matches("sick: 1 error (ratio 4.95e-08) 8 layers, 0.22", shown)
    page = "```python\nprint(1)\n```\n\n```text\n1\n```\n\n```python\n2\n```\nIt prints `2`:\n\n```text\n2\n```\n"
    page += "```python\n3\n```\nNothing.\n\n```text\n3\n```\n"
    assert find_examples(page) == [("print(1)\n", "1\n"), ("2\n", "2\n"), ("3\n", None)]
    assert find_optional("import optuna\n") == {"optuna"}


def test_the_readme_is_short():
    assert len(README.read_text("utf-8").split()) <= 900


def test_the_readme_answers_first():
    """A finding as it is printed stands before everything but the installation, and the caution beside the deltas."""
    readme = README.read_text("utf-8")
    order = ["pip install", "```python", "error: vanishing gradient", "before_and_after.png", "WeightDeltaLogger"]
    places = [readme.index(mark) for mark in order]
    assert places == sorted(places)
    assert "A weight delta is not a gradient" in readme.split("## ")[0]


def test_the_picture_shows_the_net_of_the_readme():
    (code, _), *_ = find_examples(README.read_text("utf-8"))
    script = (ROOT / "scripts" / "before_and_after.py").read_text("utf-8")
    lines = [line.split("  #")[0].strip() for line in code.splitlines() if re.match(r"x, y|hidden|model\b", line)]
    assert [line for line in lines if ".fit(" not in line and line not in script] == []


@pytest.mark.long  # a minute of training
def test_the_picture_of_the_readme_is_drawn(tmp_path):
    picture = tmp_path / "before_and_after.png"
    options = ["--epochs", "10", "--seeds", "2", "--output", str(picture)]
    printed = subprocess.run(
        [sys.executable, ROOT / "scripts" / "before_and_after.py", *options], capture_output=True, text=True, check=True
    ).stdout
    assert printed.startswith("proven: ")
    assert mpl.image.imread(picture).std() > 0.05


def test_the_log_page_names_every_column():
    page = PAGES["docs/log.md"].read_text("utf-8")
    for column in [column for schema in schemas.SCHEMAS for column in schema.columns]:
        assert f"| `{column}` |" in page


def test_every_command_that_a_page_names_is_there():
    commands = get_command(cli.app).commands
    pages = "".join(path.read_text("utf-8") for path in PAGES.values())
    named = set(re.findall(r"\bkeras-vg ([a-z]\w*)", pages))
    assert named == set(commands)
    page = PAGES["docs/command.md"].read_text("utf-8")
    assert all(f"| `keras-vg {name} " in page for name in commands)
    assert all(re.search(rf"^\| [^|]*`{name}`[^|]*\| [^|]+\|", page, re.MULTILINE) for name in commands)
