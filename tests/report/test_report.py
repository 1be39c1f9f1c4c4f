"""The report's text, and what a real browser makes of it."""

import base64
import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest

import keras_vg as vg
from helpers.browsers import open_browser
from helpers.tables import make_activations, make_block, write_gradients, write_history, write_log
from helpers.watched import write_run
from keras_vg.diagnosis.evidence import Inspection
from keras_vg.diagnosis.findings import Finding, Findings
from keras_vg.logs.schemas import ACTIVATION
from keras_vg.report.overview import Cell, make_overview
from keras_vg.text import make_printable

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "-->$\\frac$",
    "_層{{ 1 + 1 }}",
    "`<b>`\x1b]0;t\x07",
]


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """A report of two runs, one of them with layers named by an enemy."""
    tmp_path = tmp_path_factory.mktemp("report")
    sick = [[1e-9, 1e-7, 1e-5, 1e-3, 1e-1]] * 3
    activations = make_activations(np.full((2, 5), 0.2), np.full((2, 5), 1.0), activation="relu")
    activations["layer"] = np.array(HOSTILE)[activations["depth"]]
    activations[list(ACTIVATION.columns)].to_csv(tmp_path / "bad_activations.csv", index=False)
    block = make_block(np.float32([1e-3, 0, np.nan]), layer=HOSTILE[0])
    paths = [
        write_gradients(tmp_path / "bad_gradients.csv", sick, layers=HOSTILE),
        write_gradients(tmp_path / "good_gradients.csv", [[0.1, 9.0], [0.1, 10.0], [np.nan, 0.0]]),
        write_history(tmp_path / "bad_history.csv"),
        write_log(tmp_path / "bad_deltas.csv", block),
        tmp_path / "bad_activations.csv",
    ]
    target = tmp_path / "report.html"
    vg.write_report(paths, target, title="<i>Mine</i>")
    return target


class Structure(HTMLParser):
    """The tags of a page, in order, with their attributes."""

    def __init__(self):
        super().__init__()
        self.tags, self.texts = [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.texts.append(data)


def test_hostile_names_are_text(report):
    page = Structure()
    page.feed(report.read_text(encoding="utf-8"))
    assert [tag for tag, _ in page.tags].count("script") == 1
    assert not {"i", "b"} & {tag for tag, _ in page.tags}
    assert not [name for _, attrs in page.tags for name in attrs if name.startswith("on")]
    assert all(attrs["src"].startswith("data:image/svg+xml;base64,") for tag, attrs in page.tags if tag == "img")
    for name in HOSTILE:
        assert make_printable(name) in page.texts


def test_nothing_is_fetched_and_pictures_hold_no_script(report):
    text = report.read_text(encoding="utf-8")
    pictures = [base64.b64decode(data).decode() for data in re.findall(r"base64,([A-Za-z0-9+/=]+)", text)]
    assert len(pictures) > 8
    for picture in pictures:
        ElementTree.fromstring(picture)  # or a browser would not show it
        assert "<script" not in picture
        assert not re.findall(r'(?:href|src)="(?!#|data:)[^"]+"', picture)
    assert "http" not in re.sub(r"base64,[A-Za-z0-9+/=]+", "", text).replace("http-equiv", "")


def test_findings_come_first_then_plots_then_tables(report):
    text = report.read_text(encoding="utf-8")
    places = [text.index(f"<h2>{heading}</h2>") for heading in ("Findings", "Plots", "Tables")]
    assert places == sorted(places)
    assert text.index("vanishing gradient") < places[1]
    for title in ("bad: sick", ">good</", "Loss", "Gradient over depth", "Gradients by layer, last epoch"):
        assert title in text


def test_the_same_logs_make_the_same_report(tmp_path):
    path = write_gradients(tmp_path / "gradients.csv")
    reports = [vg.report.render_report(vg.runs.read_run_logs([path])) for _ in range(2)]
    assert reports[0] == reports[1]


def test_a_run_of_deltas_alone_is_not_called_healthy(tmp_path):
    path = write_log(tmp_path / "deltas.csv", make_block(np.float32([1e-3])))
    vg.write_report(path, tmp_path / "report.html")
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "not judged" in text
    assert "healthy: nothing found" not in text


def test_a_run_may_have_any_name(tmp_path):
    paths = [write_gradients(tmp_path / f"{name}.csv") for name in ("epoch", "depth")]
    vg.write_report(paths, tmp_path / "report.html")
    assert "depth / epoch" in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_what_follows_from_a_cause_stands_with_it(tmp_path):
    vg.write_report(write_run(tmp_path, "sick", 0.2, losses=np.full(20, 0.7)), tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert page.count('<div class="finding">') == 1
    assert "follows: loss does not fall, from epoch 0" in page.split('<div class="finding">')[1]


def test_bad_reports(tmp_path):
    with pytest.raises(ValueError, match=r"at least one log. Received: sources=\[\]"):
        vg.write_report([], tmp_path / "report.html")
    with pytest.raises(FileNotFoundError, match="must be an existing file"):
        vg.write_report("nope.csv", tmp_path / "report.html")


def test_findings_in_a_notebook():
    finding = Finding("dead", "error", (HOSTILE[0],), 3, {"dead": 1.0}, "x" * 200 + " <b>")
    html = Findings([finding], {"gradient_ratio": 0.5})._repr_html_()
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert "x" * 200 + " &lt;b&gt;" in html
    assert "1 error (gradient_ratio 0.5)" in html
    assert Findings()._repr_html_() == "<p>healthy: nothing found</p>"


def test_an_inspection_in_a_notebook():
    table = pd.DataFrame({"layer": HOSTILE})
    html = Inspection(table, table, table, table, table, {"optimizer": HOSTILE[1]})._repr_html_()
    assert html.count("<details>") == 12
    assert "<script>" not in html
    assert "<img" not in html


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    """Headless Chromium."""
    with open_browser(tmp_path_factory.mktemp("chromium")) as chrome:
        yield chrome


def open_page(browser, page, width, scheme="light"):
    metrics = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 500}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    scheme = {"name": "prefers-color-scheme", "value": scheme}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})
    browser.get(page.as_uri())


@pytest.mark.parametrize("width", [1280, 360])
def test_renders_in_a_browser_without_errors(report, browser, width):
    open_page(browser, report, width)
    assert browser.title == "<i>Mine</i>"
    assert browser.get_log("browser") == []
    images = browser.execute_script("return [...document.images].map(i => [i.complete, i.naturalWidth, i.width])")
    assert len(images) > 8
    assert all(complete and natural > 100 and shown > 250 for complete, natural, shown in images)
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width  # nothing sticks out


@pytest.fixture(scope="module")
def large_report(tmp_path_factory):
    """A report of 12 runs with long names, one of them of 200 layers."""
    folder = tmp_path_factory.mktemp("large")
    names = [f"{'a_very_long_name_' * 4}{number}" for number in range(12)]
    shallow = {name: [[1e-3, 1e-2, 1e-1]] * 2 for name in names[1:]}
    sizes = {names[0]: [list(np.geomspace(1e-12, 1, 200))] * 2, **shallow}
    layers = {names[0]: [f"block_{i}/a_long_name_of_a_layer" for i in range(200)]}
    vg.write_report(
        [
            write_gradients(folder / f"{name}_gradients.csv", rms, layers=layers.get(name))
            for name, rms in sizes.items()
        ],
        folder / "report.html",
    )
    return folder / "report.html"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 1000, 1600])
def test_many_runs_and_layers_fit_the_page(large_report, browser, width, scheme):
    open_page(browser, large_report, width, scheme)
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width
    strips = "[...document.querySelectorAll('.layers')].map(strip => [strip.children.length, strip.scrollWidth])"
    counts, widths = zip(*browser.execute_script(f"return {strips}"), strict=True)
    assert counts == (200, *[3] * 11)
    assert all(100 < size <= width for size in widths)
    colours = "[document.body, document.querySelector('h1')].map(e => getComputedStyle(e)['%s'])"
    page, _ = browser.execute_script(f"return {colours % 'background-color'}")
    _, text = browser.execute_script(f"return {colours % 'color'}")
    brightness = [sum(map(int, re.findall(r"\d+", colour)[:3])) for colour in (page, text)]
    assert (brightness[0] < brightness[1]) == (scheme == "dark")
    assert abs(brightness[0] - brightness[1]) > 500  # of 765


def test_a_run_leads_to_its_findings(report, browser):
    open_page(browser, report, 1000)
    link = browser.find_element("css selector", ".overview a")
    assert link.text == "bad"
    link.click()
    target = browser.execute_script("return document.querySelector(':target h3').textContent")
    assert target.startswith("bad: sick")


def test_overview_marks_where_it_begins(tmp_path):
    path = write_gradients(tmp_path / "a_gradients.csv", [[0.1, 0.2, 0.3]], layers=["first", "second", "third"])
    (run,) = vg.runs.read_run_logs([path])
    findings = Findings(
        [
            Finding("slow", "warning", ("first", "second"), 0, {}, ""),
            Finding("dead", "error", ("unknown", "second", "third"), 2, {}, ""),
            Finding("odd", "info", ("first",), 0, {}, ""),
        ]
    )
    overview = make_overview(run, findings, True)
    assert overview.state == overview.word == "sick"
    assert overview.summary == "dead in unknown, second, third, from epoch 2; begins in layer 2 of 3"
    cells = [(cell.layer, cell.severity, cell.is_first) for cell in overview.strip]
    assert cells == [("first", "warning", False), ("second", "error", True), ("third", "error", False)]
    nothing = make_overview(run, Findings(), True)
    assert (nothing.state, nothing.summary, nothing.strip[0]) == ("healthy", "", Cell("first", "", False))
    assert make_overview(run, Findings(), False).word == "not judged"


def test_tables_sort_in_a_browser(report, browser):
    browser.get(report.as_uri())
    read = """
        const table = document.querySelector("details table"), column = arguments[0];
        table.querySelectorAll("th button")[column].click();
        const sorted = table.querySelectorAll("th")[column].getAttribute("aria-sort");
        return [sorted, [...table.tBodies[0].rows].map(row => row.cells[column].textContent)];
    """
    assert browser.execute_script(read, 1) == ["ascending", ["1e-09", "1e-09", "1e-09"]]
    assert browser.execute_script(read, 2) == ["ascending", ["0.1", "0.1", "NaN"]]
    assert browser.execute_script(read, 0) == ["ascending", ["0", "1", "2"]]
    assert browser.execute_script(read, 0) == ["descending", ["2", "1", "0"]]
    assert browser.get_log("browser") == []
