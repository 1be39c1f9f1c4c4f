"""What documents, docstrings and comments refer to is there: a reader finds every file and every name."""

import ast
import functools
import re
from pathlib import Path

import pytest

import keras_vg

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "benchmarks").glob("*.md")])
CURRENT = [document for document in DOCUMENTS if document.name != "CHANGELOG.md"]  # which names what was moved, too
SOURCES = sorted(
    path for folder in ("keras_vg", "scripts", "benchmarks", "tests") for path in (ROOT / folder).rglob("*.py")
)
FOLDERS = "keras_vg|scripts|benchmarks|tests|docs|findings"


def find_documents(text):
    """The Markdown documents that a text names, with the folders that it gives."""
    return re.findall(r"(?<![\w*{}./-])((?:[\w.-]+/)*[\w-]+\.md)\b", text)


def find_paths(text):
    """The files and folders of this repository that a text names."""
    return re.findall(rf"(?<![\w./-])((?:{FOLDERS})/[\w./-]*\w)", text)


def exists(name, home):
    """Whether a file or folder is there, by its path from the file that names it or from a folder of documents."""
    folders = (home.parent, ROOT, ROOT / "docs", ROOT / "scripts" / "results")
    return any((folder / name).exists() for folder in folders)


@pytest.mark.parametrize("path", [*DOCUMENTS, *SOURCES], ids=lambda path: str(path.relative_to(ROOT)))
def test_every_document_that_is_named_is_there(path):
    missing = [name for name in find_documents(path.read_text("utf-8")) if not exists(name, path)]
    assert missing == []


@pytest.mark.parametrize("path", CURRENT, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_path_that_a_document_names_is_there(path):
    missing = [name for name in find_paths(path.read_text("utf-8")) if not exists(name, path)]
    assert missing == []


@pytest.mark.parametrize("path", CURRENT, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_of_a_document_leads_somewhere(path):
    targets = re.findall(r"\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)", path.read_text("utf-8"))
    assert [target for target in targets if not (path.parent / target).exists()] == []


def test_every_name_of_the_package_that_a_page_names_is_there():
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    text = "".join(re.sub(r"(?<=vg)[\w./]*\.(py|pyi|csv)\b", "", page.read_text("utf-8")) for page in pages)
    names = set(re.findall(r"\b(?:keras_vg|vg)((?:\.[A-Za-z]\w*)+)", text))
    assert ".rules.Thresholds" in names
    assert ".GradientLogger" in names
    for name in names:  # raises AttributeError if one is not
        functools.reduce(getattr, name[1:].split("."), keras_vg)


def test_the_picture_of_the_architecture_shows_the_imports():
    unshown = {"__init__", "__main__", "__version__", "text"}
    imports = set()
    for path in (ROOT / "keras_vg").rglob("*.py"):
        home = path.relative_to(ROOT).with_suffix("").parts[1]
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and f"{node.module}.".startswith("keras_vg."):
                names = node.module.split(".")[1:2] or [alias.name for alias in node.names]
                imports |= {(home, name) for name in names if name != home and not {home, name} & unshown}
    picture = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    assert set(re.findall(r"^ +(\w+) --> (\w+)$", picture, re.MULTILINE)) == imports


def test_the_search_for_names_finds_them():
    absent, page, module = "ABSENT" + ".md", "docs/decisions/0001-a" + ".md", "keras_vg/absent" + ".py"
    text = f"See {absent}, [x]({page}) and `{module}`; a `*.md` pattern is none."
    assert find_documents(text) == [absent, page]
    assert find_paths(text) == [page, module]
