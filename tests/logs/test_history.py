"""Histories of other origin: read as they are, and judged as far as that goes."""

import keras
import numpy as np
import pandas as pd
import pytest

import keras_vg as vg
from keras_vg.logs.reader import read_table
from keras_vg.logs.runs import read_run_logs

FLAT = {"loss": [0.693] * 6, "accuracy": [0.5] * 6, "val_loss": [0.7] * 6}
GAN = {"d_loss": [1.4] * 6, "g_loss": [0.7] * 6}


@pytest.mark.parametrize(
    "options",
    [
        {"index_label": "epoch"},  # as CSVLogger
        {},  # pandas' index has no name
        {"index": False},
        {"index_label": "epoch", "sep": ";"},
        {"index_label": "epoch", "sep": "\t"},
        {"index_label": "Epoch", "sep": "|"},
        {"sep": ";", "decimal": ","},
    ],
)
def test_a_saved_history_of_any_form(tmp_path, options):
    path = tmp_path / "history.csv"
    pd.DataFrame(FLAT).to_csv(path, **options)
    table = read_table(path)
    assert table["epoch"].tolist() == list(range(6))
    assert table["loss"].tolist() == FLAT["loss"]
    assert [(f.rule, f.severity) for f in vg.diagnose(path).list_all()] == [("loss_does_not_fall", "error")]


@pytest.mark.parametrize("form", [dict, pd.DataFrame])
@pytest.mark.parametrize("name", ["loss", "train_loss", "training_loss", "Train Loss", "loss/train"])
def test_a_history_in_memory_and_names_of_the_loss(form, name):
    findings = vg.diagnose(form({name: [0.693] * 6, "epoch_time": [1.0] * 6}))
    assert [finding.rule for finding in findings] == ["loss_does_not_fall"]


def test_a_keras_history_whose_epochs_do_not_start_at_0():
    history = keras.callbacks.History()
    history.epoch, history.history = [3, 4, 5, 6], {"loss": [0.5, 0.4, np.nan, np.nan]}
    (finding,) = vg.diagnose(history)
    assert (finding.rule, finding.epoch) == ("nonfinite", 5)


def test_losses_of_a_gan_are_checked_for_nan_and_otherwise_not_judged(tmp_path):
    (finding,) = findings = vg.diagnose(GAN)
    assert (finding.rule, finding.severity) == ("loss_not_known", "info")
    assert not findings.is_healthy
    assert str(findings).startswith("not judged: 1 info")
    (finding,) = findings = vg.diagnose(GAN | {"g_loss": [1.0, 1.0, 1.0, np.nan, np.nan, np.nan]})
    assert (finding.rule, finding.severity, finding.epoch) == ("nonfinite", "error", 3)
    assert "g_loss" in finding.evidence
    path = tmp_path / "gan.csv"
    pd.DataFrame(GAN).to_csv(path, index_label="epoch")
    assert [line.get_label() for line in vg.plots.draw_losses(read_table(path).assign(run="a")).get_lines()] == list(
        GAN
    )
    vg.write_report([path], tmp_path / "report.html")
    assert "not judged" in (tmp_path / "report.html").read_text()


def test_columns_of_a_validation_that_there_was_not(tmp_path):
    """`CSVLogger` writes them all the same, with NA."""
    path, logger = tmp_path / "history.csv", keras.callbacks.CSVLogger(str(tmp_path / "history.csv"))
    logger.on_train_begin()
    for epoch in range(3):
        logger.on_epoch_end(epoch, {"d_loss": 1.4, "g_loss": 0.7})
    logger.on_train_end()
    assert "val_d_loss" in read_table(path)
    assert [finding.rule for finding in vg.diagnose(path).list_all()] == ["loss_not_known"]
    (finding,) = vg.diagnose(GAN | {"val_d_loss": [np.nan, 1.0] * 2 + [np.nan, np.inf]})
    assert (finding.rule, finding.epoch) == ("nonfinite", 5)


def test_one_file_that_cannot_be_judged_does_not_fail_the_others(tmp_path):
    good, other, empty = tmp_path / "history.csv", tmp_path / "prices.csv", tmp_path / "none.csv"
    pd.DataFrame(FLAT).to_csv(good, index_label="epoch")
    pd.DataFrame({"item": ["a"], "price": [1.0]}).to_csv(other, index=False)
    empty.write_text("epoch,loss\n")
    message = r"left out.*a training's history with a column `loss`.*prices.csv' with columns=\['item', 'price'\]"
    with pytest.warns(UserWarning, match=message):
        assert [finding.rule for finding in vg.diagnose(good, other).list_all()] == ["loss_does_not_fall"]
    with pytest.warns(UserWarning, match=r"left out.*none.csv' without any"):
        assert [list(run.tables) for run in read_run_logs([empty, good])] == [["history"]]
    with pytest.warns(UserWarning, match=message):
        vg.write_report([good, other], tmp_path / "report.html")
    for alone in (other, empty):
        with pytest.raises(ValueError, match=alone.name):
            vg.diagnose(alone)
        with pytest.raises(ValueError, match=alone.name):
            read_run_logs([alone])


@pytest.mark.parametrize(
    ("losses", "accuracies", "is_found"),
    [
        ([-42.9, -275.5, -1209.7, -2023.2, -2023.5, -2023.5], [0.0] * 6, True),  # masks of 0 and 255
        ([0.1, -3.0, -7.0, -7.9, -8.0, -8.0], [0.48, 0.5, 0.5, 0.5, 0.5, 0.5], True),  # classes of 1 and 2
        ([0.1, -3.0, -7.0, -7.9, -8.0, -8.0], [0.48, 0.6, 0.7, 0.8, 0.9, 0.9], False),  # a loss of one's own
        ([0.1, -3.0, -7.0, -7.9, -8.0, -8.0], [0.95] * 6, False),
        ([-0.1, -0.4, -0.6, -0.7, -0.8, -0.85, -0.88], [0.0] * 7, False),  # a cosine has a lowest value
        ([-0.1, -0.2, -0.3, -0.4, -0.47, -0.53], [0.87, 0.87, 0.87, 0.875, 0.88, 0.88], False),  # an overlap
        ([0.1, -3.0, -7.0, -7.9], [0.48, 0.5, 0.5, 0.5], False),  # too short
    ],
)
def test_a_loss_far_below_0_beside_an_accuracy_that_does_not_rise(losses, accuracies, is_found):
    findings = vg.diagnose({"loss": losses, "accuracy": accuracies})
    assert [(f.rule, f.severity) for f in findings] == [("endless_fall", "warning")] * is_found


@pytest.mark.filterwarnings("error")
def test_a_loss_that_no_step_has_tracked():
    for history in ({"loss": [0.0] * 6}, {"loss": [0.0] * 6, "val_loss": [0.694] * 6}):
        (finding,) = findings = vg.diagnose(history)
        assert (finding.rule, finding.severity, findings.verdict) == ("loss_not_known", "warning", "not judged")
    assert vg.diagnose({"loss": [1.0, 0.1, 0.0, 0.0, 0.0]}).is_healthy
    assert vg.diagnose({"loss": [0.0] * 3, "accuracy": [1.0] * 3}).is_healthy  # a hinge whose margins are met
