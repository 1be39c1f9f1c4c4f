"""Each page of the gallery has its script, two pictures, and an exercise with an answer; its figures are printed."""

import re
import runpy
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest

ROOT = Path(__file__).parents[1]
GALLERY = ROOT / "docs" / "gallery"
SCRIPTS = {path.stem: path for path in sorted((ROOT / "scripts" / "gallery").glob("*.py"))}
PAGES = {path.stem: path for path in sorted(GALLERY.glob("*.md")) if path.stem != "index"}
NOTEBOOKS = sorted((GALLERY / "notebooks").glob("*.ipynb"))
FAST = ["saturation"]
RESULTS = ROOT / "scripts" / "results" / "RESULTS.md"
LARGEST = 150 * 1024


def read(name):
    return PAGES[name].read_text("utf-8")


def find_blocks(text, language):
    """The code blocks of one language, without their fences."""
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def find_change(name):
    """The lines of the script that the exercise takes out, and those that it puts in, as texts."""
    (block,) = find_blocks(read(name), "diff")
    return tuple("".join(f"{line[1:]}\n" for line in block.splitlines() if line[:1] == sign) for sign in "-+")


def run_quickly(source, folder):
    """Runs a script's quick form in this process; returns the names of what it leaves."""
    mpl.use("agg")
    (folder / "script.py").write_text(source, "utf-8")
    runpy.run_path(str(folder / "script.py"))["main"](output=folder / "pictures", quick=True)
    assert plt.get_fignums() == []
    return sorted(path.name for path in (folder / "pictures").iterdir())


def test_the_phenomena_have_a_page_a_script_and_a_line_in_the_index():
    phenomena = [
        *("vanishing", "exploding", "dead_units", "saturation", "input_scale", "normalization", "depth_and_width"),
        *("learning_rate", "recurrent_time", "dead_blocks"),
    ]
    assert sorted(PAGES) == sorted(SCRIPTS) == sorted(phenomena)
    index = (GALLERY / "index").with_suffix(".md").read_text("utf-8")
    assert re.findall(r"\[!\[[^\]]+\]\(images/\w+\.png\)\]\((\w+)\.md\)", index) == phenomena


@pytest.mark.parametrize("name", PAGES)
def test_a_page_shows_the_two_pictures_of_its_script(name):
    text = read(name)
    pictures = re.findall(r"^!\[([^\]]+)\]\(images/(\w+)\.png\)\n\n\*[^\n]+\*$", text, re.MULTILINE)
    assert len(pictures) == text.count("![") == 2
    assert f"\npython scripts/gallery/{name}.py --output docs/gallery/images\n" in text
    for _, picture in pictures:
        assert picture.startswith(name)
        content = (GALLERY / "images" / f"{picture}.png").read_bytes()
        assert content.startswith(b"\x89PNG")
        assert len(content) <= LARGEST


@pytest.mark.parametrize("name", PAGES)
def test_an_exercise_changes_a_line_of_the_script_and_has_an_answer(name):
    removed, added = find_change(name)
    assert removed in SCRIPTS[name].read_text("utf-8")
    assert added != removed
    (answer,) = re.findall(
        r'<details markdown="1">\n<summary>Answer</summary>\n\n(.+?)\n\n</details>', read(name), re.DOTALL
    )
    assert len(answer.split()) > 20


@pytest.mark.parametrize("name", PAGES)
def test_every_figure_of_a_page_is_printed_or_stands_in_its_script(name):
    text = read(name)
    sources = [SCRIPTS[name], *([RESULTS] if "RESULTS.md" in text else [])]
    known = "\n".join([*find_blocks(text, "text"), *(source.read_text("utf-8") for source in sources)])
    prose = re.sub(r"```.*?```|`[^`]*`|\([^()]*\d{4}\)|\]\([^)]*\)", " ", text, flags=re.DOTALL)
    figures = [f.rstrip(",.") for f in re.findall(r"(?<![\w.])\d[\d,]*\.?\d*(?:e[+-]?\d+)?(?!\w)", prose)]
    assert [figure for figure in figures if len(figure) > 2 and figure not in known] == []


@pytest.mark.model
@pytest.mark.parametrize("name", FAST)
def test_a_fast_script_draws_its_pictures(name, tmp_path):
    drawn = run_quickly(SCRIPTS[name].read_text("utf-8"), tmp_path)
    assert drawn == sorted(re.findall(r"\(images/(\w+\.png)\)", read(name)))


@pytest.mark.long
@pytest.mark.parametrize("name", [name for name in SCRIPTS if name not in FAST])
def test_a_script_draws_its_pictures(name, tmp_path):
    drawn = run_quickly(SCRIPTS[name].read_text("utf-8"), tmp_path)
    assert drawn == sorted(re.findall(r"\(images/(\w+\.png)\)", read(name)))


@pytest.mark.long
@pytest.mark.parametrize("name", SCRIPTS)
def test_the_exercise_runs(name, tmp_path):
    removed, added = find_change(name)
    assert run_quickly(SCRIPTS[name].read_text("utf-8").replace(removed, added), tmp_path)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_that_of_a_page_and_has_no_outputs(path):
    nbformat = pytest.importorskip("nbformat")
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert path.stem in PAGES
    assert f"(notebooks/{path.name})" in read(path.stem)
    assert [cell.outputs for cell in notebook.cells if cell.cell_type == "code" and cell.outputs] == []


@pytest.mark.long
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs(path, tmp_path):
    nbformat, nbclient = pytest.importorskip("nbformat"), pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    notebook = nbformat.read(path, as_version=4)
    nbclient.NotebookClient(notebook, timeout=600, resources={"metadata": {"path": str(tmp_path)}}).execute()
    pictures = [o for cell in notebook.cells for o in cell.get("outputs", []) if "image/png" in o.get("data", {})]
    assert len(pictures) >= 2


def test_there_are_three_notebooks():
    assert len(NOTEBOOKS) == 3
