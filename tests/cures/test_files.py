"""Models and data from files: what is refused, in one line, and the shell commands from end to end."""

import keras
import numpy as np
import pytest
from keras import layers
from typer.testing import CliRunner

from helpers.commands import read_json
from keras_vg.cli import app
from keras_vg.cures.files import get_validation, load_arrays, load_compiled

pytestmark = pytest.mark.model

X = np.random.default_rng(0).normal(size=(120, 4)).astype("float32")
Y = (X[:, :1] > 0).astype("float32")


def run(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def files(tmp_path):
    model = keras.Sequential([keras.Input((4,)), layers.Dense(8, "relu"), layers.Dense(1, "softmax")])
    model.compile(keras.optimizers.Adam(0.05), "binary_crossentropy")
    model.save(tmp_path / "model.keras")
    np.savez(tmp_path / "data.npz", x=X, y=Y)
    return tmp_path


def test_inspect_and_cure_in_a_shell(files):
    looked = run("inspect", files / "model.keras", files / "data.npz")
    assert looked.exit_code == 1
    assert "output layer" in looked.stdout
    listed = read_json("inspect", run("inspect", files / "model.keras", files / "data.npz", "--json"))
    assert not listed["is_healthy"]
    assert "output_layer" in [finding["rule"] for finding in listed["findings"]]
    before = (files / "model.keras").read_bytes()
    outputs = ("-o", files / "cured.keras", "--report", files / "cure.html")
    cured = run("cure", files / "model.keras", files / "data.npz", *outputs, "--seeds", 2, "--epochs", 5)
    assert cured.exit_code == 0, cured.output
    assert "proven: score" in cured.stdout
    assert (files / "model.keras").read_bytes() == before
    model = keras.saving.load_model(files / "cured.keras")
    assert np.mean((model.predict(X, verbose=0) > 0.5) == (Y > 0.5)) > 0.85
    page = (files / "cure.html").read_text()
    assert "the head that the labels ask for" in page
    assert "Trials of the cure" in page
    assert run("inspect", files / "cured.keras", files / "data.npz").exit_code == 0


def test_an_inspection_in_a_shell_names_bad_rows_that_it_did_not_look_at(files):
    x = X.copy()
    x[[70, 111], 2] = np.nan
    np.savez(files / "holes.npz", x=x, y=Y)
    looked = run("inspect", files / "model.keras", files / "holes.npz", "--examples", 50)
    assert "Warning: `x` holds NaN or infinity in rows 70, 111." in looked.stderr
    assert "50 of 120 examples were looked at" in looked.stderr
    assert "nonfinite" not in looked.stdout


def test_validation_data_of_a_file(tmp_path):
    np.savez(tmp_path / "a.npz", x=X, y=Y, x_val=X[:5], y_val=Y[:5], other=X)
    arrays = load_arrays(tmp_path / "a.npz")
    assert set(arrays) == {"x", "y", "x_val", "y_val"}
    assert [len(part) for part in get_validation(arrays)] == [5, 5]
    np.savez(tmp_path / "b.npz", x=X, y=Y)
    assert get_validation(load_arrays(tmp_path / "b.npz")) is None


def write_objects(path):
    np.savez(path, x=np.array([{}], dtype=object), y=Y)


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (lambda path: None, "a file of the data.*which is none"),
        (lambda path: path.write_text("x,y\n1,2\n"), "a .npz file of arrays of numbers"),
        (write_objects, "a .npz file of arrays of numbers.*Object arrays"),
        (lambda path: np.savez(path, x=X), "both or none of `x_val` and `y_val`.*with x"),
        (lambda path: np.savez(path, x=X, y=Y, x_val=X), "both or none.*with x, y, x_val"),
    ],
)
def test_bad_data_files_are_refused(tmp_path, write, message):
    write(tmp_path / "data.npz")
    with pytest.raises((ValueError, FileNotFoundError), match=message):
        load_arrays(tmp_path / "data.npz")


def test_bad_model_files_are_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="a file of the model"):
        load_compiled(tmp_path / "none.keras")
    (tmp_path / "text.keras").write_text("no model")
    with pytest.raises(ValueError, match=r"a .keras file that Keras can load in safe mode"):
        load_compiled(tmp_path / "text.keras")
    model = keras.Sequential([keras.Input((4,)), layers.Dense(1)])
    model.save(tmp_path / "plain.keras")
    with pytest.raises(ValueError, match="not compiled"):
        load_compiled(tmp_path / "plain.keras")
    unsafe = keras.Sequential([keras.Input((4,)), layers.Lambda(lambda z: z, output_shape=(4,)), layers.Dense(1)])
    unsafe.compile("sgd", "mse")
    unsafe.save(tmp_path / "unsafe.keras")
    with pytest.raises(ValueError, match="in safe mode.*Lambda"):
        load_compiled(tmp_path / "unsafe.keras")


def test_a_users_mistake_is_one_line_and_status_2(files):
    for arguments in (
        ("inspect", files / "none.keras", files / "data.npz"),
        ("cure", files / "model.keras", files / "none.npz"),
        ("cure", files / "model.keras", files / "data.npz", "--seeds", 1),
        ("cure", files / "model.keras", files / "data.npz", "-o", files / "cured.h5"),
        ("cure", files / "model.keras", files / "data.npz", "-o", files / "none" / "cured.keras"),
    ):
        result = run(*arguments)
        assert result.exit_code == 2
        assert len(result.stderr.strip().splitlines()) == 1
        assert result.stderr.startswith("Error: ")


def test_healthy_model_is_not_written_again(files):
    model = keras.Sequential([keras.Input((4,)), layers.Dense(8, "relu"), layers.Dense(1, "sigmoid")])
    model.compile(keras.optimizers.Adam(0.05), "binary_crossentropy")
    model.save(files / "healthy.keras")
    output = files / "cured.keras"
    arguments = ("cure", files / "healthy.keras", files / "data.npz", "-o", output, "--seeds", 2, "--epochs", 5)
    result = run(*arguments, "--json")
    assert result.exit_code == 0, result.output
    cure = read_json("cure", result)
    assert (cure["status"], cure["changes"], cure["output"]) == ("healthy", [], None)
    assert len(cure["scores_before"]) == 2
    assert "cured.keras: not written" in result.stderr
    assert not output.exists()
