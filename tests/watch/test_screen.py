"""The view as text: what a terminal shows, at several sizes, with and without colours."""

import io
import shutil
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from helpers.tables import make_block, write_gradients, write_history, write_log
from helpers.watched import watch, write_run, write_runs
from keras_vg.watch.cells import LETTERS
from keras_vg.watch.lines import Line, LiveScreen
from keras_vg.watch.live import move, write_picture
from keras_vg.watch.runs import Watch
from keras_vg.watch.screen import Selection, draw_screen, draw_state

SMALL = """\
keras-vg watch  1 run              gradient: ▁ 1e-08 █ 1e-01 0 zero ! not finite
 sick                                                    epoch 19  sick: 1 error
 loss 0.7 ▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁ val_loss 0.8 ▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁
 layer    gradient   update dead  sat epochs 0-19
 dense_0  1.02e-08→ 1.0e-02   0%   0% ▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁
 dense_1  5.12e-08→ 1.0e-02   2%   5% ▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁
▶dense_2  2.56e-07→ 1.0e-02   5%   9% ▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂
 dense_3  1.28e-06→ 1.0e-02   7%  14% ▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃
 dense_4  6.40e-06→ 1.0e-02   9%  18% ▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄
 dense_5  3.20e-05→ 1.0e-02  11%  23% ▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅
 dense_6  1.60e-04→ 1.0e-02  14%  27% ▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅
 dense_7  8.00e-04→ 1.0e-02  16%  32% ▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆
 dense_8  4.00e-03→ 1.0e-02  18%  36% ▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇
 dense_9  2.00e-02→ 1.0e-02  20%  41% ████████████████████
 dense_10 1.00e-01→ 1.0e-02  23%  45% ████████████████████
 dense_2 (depth 2): gradient 2.56e-07, update ratio 1.0e-02, dead 5%, saturated…
"""
"""Computed by hand: gradients 0.1 * 0.2 ** (10 - depth), fractions depth / 22 and half of it; each of the eight levels
is 0.1 / 1.02e-08 to the power of 1 / 8, a factor of 7.5."""


@pytest.fixture(scope="module")
def paths(tmp_path_factory):
    return write_runs(tmp_path_factory.mktemp("watch"))


def draw(paths, width, height, **options):
    symbols = options.pop("symbols", None)
    lines = draw_screen(watch(paths), Selection(**options), width, height, *([symbols] if symbols else []))
    assert len(lines) == height
    assert {line.width for line in lines} == {width}
    return [line.plain.rstrip() for line in lines]


def test_a_run_on_a_small_terminal(paths):
    lines = draw(paths[:3], 80, 24, layer=2)
    assert "\n".join(lines[:16]) + "\n" == SMALL
    assert lines[16] == "error vanishing gradient in dense_0 to dense_6 (7 layers), from epoch 0"
    assert lines[17] == "    follows: loss does not fall, from epoch 0"
    assert lines[18].startswith("    gradient ratio 1.02e-07")
    assert lines[23] == "q quit  up/down layer  left/right run  m map: gradient  s picture"
    page = Path(__file__).parents[2] / "docs" / "watch.md"
    assert "\n".join(lines) in page.read_text(encoding="utf-8")


def test_runs_side_by_side_on_a_large_terminal(paths):
    lines = draw(paths, 200, 60, layer=2)
    assert lines[1].split() == ["▶sick", "epoch", "19", "sick:", "1", "error", "well", "epoch", "19", "healthy"]
    cells = ["1.02e-08→", "1.0e-02", "0%", "0%", "▁" * 20, "dense_0", "5.99e-02→", "1.0e-02", "0%", "0%", "█" * 20]
    assert lines[4].split() == ["dense_0", *cells]
    assert "Use `activation='relu'`" in " ".join(lines)  # there is room for the advice
    assert lines[4].index("dense_0", 20) == 102


def test_runs_side_by_side_share_their_layers_and_their_scale_on_a_small_terminal(paths):
    lines = draw(paths, 80, 24, layer=10, run=1)
    assert lines[1].split() == ["sick", "epoch", "19", "sick:", "1", "error", "▶well", "epoch", "19", "healthy"]
    assert lines[14].count("▶dense_10") == 2
    assert lines[4].endswith("▁▁▁▁▁▁▁▁▁▁    dense_0  5.99e-02→ 1.0e-02 ██████████")  # two epochs a cell


def test_where_not_all_runs_fit_the_chosen_one_is_shown(tmp_path):
    paths = [path for name in "abcdef" for path in write_run(tmp_path, name, 0.9, epochs=3, layers=2)]
    watched = watch(paths)
    for run, name in enumerate("abcdef"):
        lines = [line.plain for line in draw_screen(watched, Selection(run=run), 80, 24)]
        assert f"▶{name} " in lines[1]
        assert "of 6" in lines[0]


@pytest.mark.parametrize(("width", "height"), [(20, 5), (40, 10), (80, 24), (200, 60), (500, 100)])
def test_any_size_is_filled(paths, width, height):
    draw(paths, width, height)


def test_digits_replace_blocks_where_the_encoding_has_none(paths):
    lines = draw(paths[:3], 80, 24, symbols=LETTERS)
    assert all(line.isascii() for line in lines)
    maps = [line.split()[-1] for line in lines[4:15]]
    assert maps == [level * 20 for level in "11234556788"]


@pytest.mark.parametrize("options", [{"no_color": True}, {"color_system": None}, {"color_system": "256"}])
def test_values_are_told_apart_without_colours(paths, options):
    """The characters alone are the map: with and without colours they are the same."""
    file = io.StringIO()
    console = Console(file=file, width=80, force_terminal=True, **options)
    console.print(*draw_state(watch(paths[:3]), 80), sep="", end="")
    text = file.getvalue()
    assert ("38;5;" in text) == ("256" in options.values())
    for block in "▁▂▃▄▅▆▇█":
        assert block in text


def test_a_thousand_layers_are_scrolled_through(tmp_path):
    path = write_gradients(tmp_path / "deep.csv", np.geomspace(1e-6, 1.0, 1000) * np.ones((3, 1)), learning_rate=0.1)
    watched, selection, seen = watch([path]), Selection(), set()
    for _ in range(1000):
        lines = [line.plain for line in draw_screen(watched, selection, 80, 24)]
        before = len(seen)
        seen |= {line.split()[0].lstrip("▶") for line in lines[4:] if "dense_" in line.split(" ")[0] + line[:7]}
        move(watched, selection, "page down", 24)
        if len(seen) == before:
            break
    assert {f"dense_{index}" for index in range(1000)} <= seen
    move(watched, selection, "end", 24)
    lines = [line.plain for line in draw_screen(watched, selection, 80, 24)]
    assert any(line.startswith("▶dense_999 ") for line in lines)
    assert "of 1000" in lines[0]
    for _ in range(5):
        move(watched, selection, "up", 24)
    assert any(line.plain.startswith("▶dense_994 ") for line in draw_screen(watched, selection, 80, 24))
    move(watched, selection, "home", 24)
    assert draw_screen(watched, selection, 80, 24)[4].plain.startswith("▶dense_0 ")


def test_keys_choose_what_the_map_shows(paths):
    watched, selection, shown = watch(paths[:3]), Selection(), []
    for _ in range(5):
        lines = draw_screen(watched, selection, 80, 24)
        shown.append(lines[-1].plain.split("m map: ")[1].split("  ")[0])
        move(watched, selection, "m", 24)
    assert shown == ["gradient", "update ratio", "dead", "saturated", "gradient"]
    lines = draw(paths[:3], 80, 24, metric="saturated")
    assert [line.split()[-1][0] for line in lines[4:15]] == list("▁▁▁▂▂▂▃▃▃▄▄")  # from 0 to 10 / 22, of eight levels
    assert "saturated: ▁ 0% █ 100%" in lines[0]


def test_arrows_keep_within_runs_and_layers(paths):
    watched, selection = watch(paths), Selection()
    for key in ("up", "left", "left", "up"):
        move(watched, selection, key, 24)
    draw_screen(watched, selection, 80, 24)
    assert (selection.layer, selection.run) == (0, 0)
    for key in ["down"] * 30 + ["right"] * 5:
        move(watched, selection, key, 24)
    draw_screen(watched, selection, 80, 24)
    assert (selection.layer, selection.run) == (10, 1)


def test_names_cannot_leave_their_line(tmp_path):
    names = ["up\x1b[2J", "line\nend", "[bold]\tx", "層" * 40]
    path = write_gradients(tmp_path / "gradients.csv", [[0.1] * 4], layers=names)
    lines = draw([path], 80, 24)
    shown = [line.split(" 1.00e-01")[0].rstrip() for line in lines[4:8]]
    assert shown == ["▶up\ufffd[2J", " line end", " [bold] x", " " + "層" * 10 + " …"]


def test_the_worst_findings_come_first(paths, tmp_path):
    late = write_run(tmp_path, "late", 0.9, losses=[1.0, 0.5, 0.2, 0.9, 2.1])  # which rises at the end
    lines = [line.plain for line in draw_state(watch([*paths, *late]), 120)]
    severities = [line.split()[0] for line in lines if line.split(" ")[0] in ("error", "warning", "info")]
    assert severities == sorted(severities, key=["error", "warning", "info"].index)
    assert len(severities) >= 2


def test_more_findings_than_lines_are_counted(tmp_path):
    paths = [path for name in "abcdefghi" for path in write_run(tmp_path, name, 0.1)]
    lines = draw(paths, 80, 24)
    assert any(line.startswith("... and ") for line in lines)


def test_no_run_yet(tmp_path):
    lines = draw([tmp_path / "absent.csv"], 120, 24)
    assert "no run yet" in lines[0]
    assert f"waiting for {tmp_path / 'absent.csv'}"[:100] in " ".join(lines)


def test_delta_logs_and_histories_alone(tmp_path):
    deltas = write_log(
        tmp_path / "deltas.csv", make_block(np.float32([0.5, -1.5])), make_block(np.float32([3.0]), epoch=1)
    )
    lines = draw([deltas], 80, 24)
    assert lines[4].split() == ["▶dense", "3.00e+00↑", "▇█"]  # mean |delta| 1, then 3; a scale of two powers of ten
    assert "is not judged: Changes of weights alone" in " ".join(lines)
    lines = draw([write_history(tmp_path / "history.csv")], 80, 24)
    assert lines[2].split() == ["loss", "0.6", "█▁"]


def test_new_files_and_new_rows_join(tmp_path):
    folder = tmp_path / "runs"
    folder.mkdir()
    watched = Watch(lambda: sorted(folder.glob("*.csv")))
    assert not watched.update(0.0)
    write_gradients(folder / "a_gradients.csv")
    assert watched.update(1.0)
    assert [run.name for run in watched.runs] == ["a"]
    write_gradients(folder / "b_gradients.csv")
    write_history(folder / "b_history.csv")
    assert watched.update(2.0)
    assert [(run.name, list(run.logs)) for run in watched.runs] == [
        ("a", ["gradients"]),
        ("b", ["gradients", "history"]),
    ]
    assert not watched.update(3.0)


def test_diagnosing_is_bounded(paths, tmp_path, monkeypatch):
    """Between two diagnoses there is a hundred times the time that the first one took."""
    clock = iter(np.arange(100) * 0.25)  # each diagnosis takes the processor 0.25 s
    monkeypatch.setattr("time.process_time", lambda: next(clock))
    path = tmp_path / "gradients.csv"
    shutil.copy(paths[0], path)
    row = path.read_text().splitlines()[-1]
    watched = Watch(lambda: [path])
    watched.update(0.0)
    [run] = watched.runs
    assert run.judge.last == 0.0
    for now in (1.0, 24.0, 26.0, 27.0):
        with path.open("a") as file:
            file.write(row.replace("19,", f"{int(now) + 20},", 1) + "\n")
        watched.update(now)
        [run] = watched.runs
        assert run.judge.last == (0.0 if now < 25 else 26.0)


def test_a_picture_is_written(paths, tmp_path):
    watched = watch(paths[2:3])
    target = tmp_path / "watch.png"
    assert write_picture(watched, target) == f"{target}: 1 plots"
    assert target.read_bytes().startswith(b"\x89PNG")
    assert "No such file" in write_picture(watched, tmp_path / "no" / "watch.png")
    assert "nothing to draw" in write_picture(watch([]), target)


def test_only_what_has_changed_is_written():
    file = io.StringIO()
    screen = LiveScreen(Console(file=file, width=20, height=3, force_terminal=True, color_system=None))
    lines = [Line("name ").add("1.0 ").add("▁▂▃").fit(20), Line("other").fit(20)]
    screen.show(lines)
    file.truncate(0)
    screen.show([Line("name ").add("1.0 ").add("▁▂▃").fit(20), Line("other").fit(20)])
    assert file.getvalue().strip("\0") == ""
    screen.show([Line("name ").add("2.0 ").add("▁▂▃").fit(20), Line("other").fit(20)])
    assert file.getvalue().strip("\0") == "\x1b[1;6H2.0 "


def test_lines_are_cut_and_filled_by_cells():
    assert Line("層層").add("ab").fit(8).plain == "層層ab  "
    assert Line("層層").add("ab").fit(4, "…").plain == "層 …"
    assert Line("abc").fit(3, "…").plain == "abc"
