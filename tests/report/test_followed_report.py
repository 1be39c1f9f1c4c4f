"""A report that is renewed while runs train: the file, and the page that is open in a real browser."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

import keras_vg as vg
from helpers.browsers import open_browser
from helpers.tables import write_gradients, write_history
from keras_vg.report import following
from keras_vg.report.following import follow_report

ROWS = [[1e-9, 1e-7, 1e-5, 1e-3, 1e-1]]


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch):
    """Drawing takes long here and there, and the pause after it several times as long."""
    monkeypatch.setattr(following, "SHARE", 1.0)


def wait_until(check, seconds=60):
    end = time.monotonic() + seconds
    while not (value := check()):
        assert time.monotonic() < end, f"did not come within {seconds} s"
        time.sleep(0.1)
    return value


class Steps:
    """Stands in for what is told: does the next step after each report, and ends the following after the last."""

    def __init__(self, *steps):
        self.told, self._steps = [], list(steps)

    def __call__(self, text):
        self.told.append(text)
        if "the last report" in text:
            return
        if not self._steps:
            raise KeyboardInterrupt
        self._steps.pop(0)()


def test_a_report_is_written_at_every_epoch_and_once_more_at_the_end(tmp_path):
    path, target = tmp_path / "run_history.csv", tmp_path / "report.html"
    write_history(path)
    pages = []

    def add(line):
        pages.append(target.read_text(encoding="utf-8"))
        with path.open("a") as file:
            file.write(line)

    steps = Steps(lambda: add("2,0.125\n"), lambda: add("3,0.0625\n"))
    with pytest.raises(KeyboardInterrupt):
        follow_report([path], target, "Mine", steps, interval=0.01, reload_seconds=7)
    assert steps.told == [f"{target}: epoch {epoch}" for epoch in (1, 2, 3)] + [f"{target}: epoch 3, the last report"]
    assert [("<td>0.125</td>" in page, "<td>0.0625</td>" in page) for page in pages] == [(False, False), (True, False)]
    assert all('data-reload="7"' in page and "location.reload" in page for page in pages)
    last = target.read_text(encoding="utf-8")
    assert last == vg.report.render_report(vg.runs.read_run_logs([path]), "Mine")
    assert "reload" not in last
    assert sorted(os.listdir(tmp_path)) == ["report.html", "run_history.csv"]


def test_a_reader_never_sees_a_part_of_the_report(tmp_path):
    """The file is replaced: what was opened before stays what it was."""
    path, target = write_history(tmp_path / "history.csv"), tmp_path / "report.html"
    opened = []

    def open_and_change():
        opened.append(target.open(encoding="utf-8"))
        with path.open("a") as file:
            file.write("2,0.125\n")

    with pytest.raises(KeyboardInterrupt):
        follow_report([path], target, tell=Steps(open_and_change), interval=0.01)
    with opened[0] as file:
        before = file.read()
    assert before.rstrip().endswith("</html>")
    assert "<td>0.125</td>" not in before
    assert "<td>0.125</td>" in target.read_text(encoding="utf-8")


def test_what_cannot_be_followed(tmp_path):
    other = tmp_path / "other.csv"
    other.write_text("time,value\n0,1\n")
    with pytest.raises(ValueError, match="Received: .*other.csv"):
        follow_report([other], tmp_path / "report.html")
    with pytest.raises(FileNotFoundError, match="no"):
        follow_report([write_history(tmp_path / "history.csv")], tmp_path / "no" / "report.html", interval=0.01)


@pytest.mark.long
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_command_ends_with_a_report_that_does_not_reload(tmp_path, number):
    command = [sys.executable, "-m", "keras_vg", "report", "runs/*.csv", "--follow"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as process:
        time.sleep(1)
        write_history(tmp_path / "runs" / "history.csv")
        target = tmp_path / "report.html"
        wait_until(target.exists)
        assert "location.reload" in target.read_text(encoding="utf-8")
        process.send_signal(number)
        told, _ = process.communicate(timeout=60)
    assert process.returncode == (0 if number == signal.SIGINT else 143)
    assert told.splitlines() == ["report.html: epoch 1", "report.html: epoch 1, the last report"]
    assert "location.reload" not in target.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    with open_browser(tmp_path_factory.mktemp("chromium")) as chrome:
        yield chrome


READ = """
    const [details, captions] = ["details", "figcaption"].map(name => [...document.querySelectorAll(name)]);
    const table = document.querySelector("details table");
    const history = details.find(d => d.textContent.startsWith("History"));
    return {
        y: Math.round(scrollY),
        caption: Math.round(captions.find(c => c.textContent === "Loss").getBoundingClientRect().top),
        open: details.map(d => d.open),
        sorted: [...table.querySelectorAll("th")].map(h => h.getAttribute("aria-sort")),
        first: [...table.tBodies[0].rows].map(r => r.cells[0].textContent),
        scrolled: history.querySelector(".scroll").scrollTop,
        focus: document.activeElement.textContent,
        findings: document.querySelectorAll(".finding").length,
        stamp: window.stamp || null,
    };
"""


@pytest.mark.long
def test_an_open_page_reloads_itself_and_keeps_its_place(tmp_path, browser):
    gradients = write_gradients(tmp_path / "run_gradients.csv", [[0.1, 0.1]] * 3, learning_rate=0.1)
    history, target = write_history(tmp_path / "run_history.csv"), tmp_path / "report.html"
    history.write_text("epoch,loss\n" + "".join(f"{epoch},{0.9**epoch}\n" for epoch in range(60)))
    seen = []

    def arrange():
        browser.set_window_size(1000, 700)
        browser.get(target.as_uri())
        browser.execute_script("""
            window.stamp = "first";
            document.querySelectorAll("details").forEach((d, index) => { d.open = index !== 1; });
            const headings = document.querySelector("details table").querySelectorAll("th button");
            headings[0].click(); headings[0].click();
            const history = [...document.querySelectorAll("details")].find(d => d.textContent.startsWith("History"));
            history.querySelector(".scroll").scrollTop = 123;
            headings[0].focus();
            const loss = [...document.querySelectorAll("figcaption")].find(c => c.textContent === "Loss");
            scrollTo(0, loss.getBoundingClientRect().top + scrollY + 37);
        """)
        seen.append(browser.execute_script(READ))
        # Now the gradients vanish, so that findings move everything down, and the table has more rows.
        write_gradients(gradients, ROWS * 4, learning_rate=0.1)

    def look():
        wait_until(lambda: browser.execute_script("return window.stamp || null") is None)
        wait_until(lambda: browser.execute_script(READ)["findings"] > seen[0]["findings"])
        wait_until(lambda: browser.execute_script("return document.readyState") == "complete")
        seen.append(browser.execute_script(READ))
        raise KeyboardInterrupt

    steps = Steps(arrange, look)
    with pytest.raises(KeyboardInterrupt):
        follow_report([gradients, history], target, tell=steps, interval=0.05, reload_seconds=1)
    before, after = seen
    assert before["sorted"][0] == "descending"
    assert before["first"] == ["2", "1", "0"]
    assert after["first"] == ["3", "2", "1", "0"]
    assert after["y"] > before["y"]  # the findings above have pushed the plots down ...
    for same in ("caption", "open", "sorted", "scrolled", "focus"):  # ... but what was in view still is
        assert after[same] == before[same], json.dumps(seen, indent=2)
    assert before["caption"] == -37
    assert before["scrolled"] == 123
    assert [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"] == []


def test_the_last_report_stays_as_it_is(tmp_path, browser):
    target = tmp_path / "report.html"
    with pytest.raises(KeyboardInterrupt):
        follow_report(
            [write_history(tmp_path / "history.csv")], target, tell=Steps(), interval=0.01, reload_seconds=0.2
        )
    browser.get(target.as_uri())
    browser.execute_script("window.stamp = 'first'")
    time.sleep(0.6)
    assert browser.execute_script("return window.stamp") == "first"
