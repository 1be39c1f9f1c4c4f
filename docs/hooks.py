"""What MkDocs is told beyond mkdocs.yml: pages from outside docs/, links that lead there, formulas, and a diagram."""

import html
import posixpath
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from latex2mathml.converter import convert
from mkdocs.structure.files import File

ROOT = Path(__file__).parents[1]

PAGES = {
    "README.md": "index.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "benchmarks/README.md": "benchmarks.md",
    "scripts/results/RESULTS.md": "results/RESULTS.md",
}
"""Files of the repository, and where they are in the site."""

_LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\((?!https?:|#)([^)#\s]+)(#[^)\s]*)?\)")
_MERMAID = re.compile(r"```mermaid\n(.*?)```", re.DOTALL)
_WIDTH, _HEIGHT, _GAP, _LANE = 220, 46, 40, 30
"""Of the flowchart, in pixels: a box, what is between two rows, and what an arrow needs that passes a row."""

_FORMULA = re.compile(r'<(span|div) class="arithmatex">\\[(\[](.*?)\\[)\]]</\1>', re.DOTALL)


def list_external() -> dict[str, str]:
    """Every file outside docs/ that belongs to the site: its path in the repository, and its path in the site."""
    pictures = {
        path.relative_to(ROOT).as_posix(): path.relative_to(ROOT / "scripts").as_posix()
        for path in (ROOT / "scripts" / "results").rglob("*.png")
    }
    return PAGES | pictures


def on_files(files: Any, config: Any) -> Any:
    """Adds the files from outside docs/, from where they lie: there is no second copy in the repository."""
    for source, target in list_external().items():
        files.append(File.generated(config, target, abs_src_path=str(ROOT / source)))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Any) -> str:
    """Adapts the links, which are those of the repository, and draws diagrams."""
    external = list_external()
    origins = {target: source for source, target in external.items()}
    here = page.file.src_uri
    origin = origins.get(here, f"docs/{here}")

    def adapt(match: re.Match[str]) -> str:
        picture, text, link, anchor = match.groups()
        target = posixpath.normpath(posixpath.join(posixpath.dirname(origin), link))
        site = external.get(target) or (target[5:] if target.startswith("docs/") else None)
        if site == "decisions":
            site = "decisions/README.md"
        if site is None:  # a script, say, which the repository has and the site has not
            return text if text.startswith("`") else f"{text} (`{target}`)" if target not in text else f"`{target}`"
        return f"{picture}[{text}]({posixpath.relpath(site, posixpath.dirname(here) or '.')}{anchor or ''})"

    parts = re.split(r"(^```.*?^```$)", markdown, flags=re.DOTALL | re.MULTILINE)
    adapted = "".join(part if part.startswith("```") else _LINK.sub(adapt, part) for part in parts)
    return _MERMAID.sub(lambda match: draw_flowchart(match.group(1)), adapted)


def on_page_content(content: str, page: Any, config: Any, files: Any) -> str:
    """Turns formulas into MathML, which browsers show without a script."""

    def convert_formula(match: re.Match[str]) -> str:
        display = "block" if match.group(1) == "div" else "inline"
        return str(convert(html.unescape(match.group(2)), display=display))

    return _FORMULA.sub(convert_formula, content)


def draw_flowchart(text: str) -> str:
    """Draws a Mermaid flowchart as SVG, from top to bottom: Mermaid itself would be fetched when the page is read.

    Arrows that follow from others are left out. An arrow that passes a row has a place of its own in it.
    """
    labels = dict(re.findall(r'^ +(\w+)\["(.*)"\]$', text, re.MULTILINE))
    arrows = re.findall(r"^ +(\w+) --> (\w+)$", text, re.MULTILINE)
    styles = {
        name: style
        for names, style in re.findall(r"^ +class (\S+) (\w+)$", text, re.MULTILINE)
        for name in names.split(",")
    }
    rank = _rank(labels, arrows)
    paths = [
        [start, *((start, end, row) for row in range(rank[start] + 1, rank[end])), end]
        for start, end in _reduce(arrows)
    ]
    points: dict[Any, Any] = {**rank, **{point: point[2] for path in paths for point in path[1:-1]}}
    rows = [[point for point, row in points.items() if row == level] for level in range(max(rank.values()) + 1)]
    parents = {point: [path[path.index(point) - 1] for path in paths if point in path[1:]] for point in points}
    across = max(sum(_WIDTH + 20 if point in labels else _LANE for point in row) for row in rows)
    x: dict[Any, float] = {}
    for row in rows:  # each as near to what points at it as the others leave room for
        row.sort(key=lambda point: sum(x[parent] for parent in parents[point]) / max(1, len(parents[point])))
        widths = [_WIDTH + 20 if point in labels else _LANE for point in row]
        left = (across - sum(widths)) / 2
        for point, width in zip(row, widths, strict=True):
            x[point] = left + width / 2
            left += width
    shapes = [_draw_arrow([(x[point], points[point] * (_HEIGHT + _GAP)) for point in path]) for path in paths]
    for name, label in labels.items():
        left, top = x[name] - _WIDTH / 2, rank[name] * (_HEIGHT + _GAP)
        title, _, rest = re.sub(r"</?b>", "", label).partition("<br>")
        shapes.append(
            f'<rect class="{styles.get(name, "")}" x="{left:.0f}" y="{top}" '
            f'width="{_WIDTH}" height="{_HEIGHT}" rx="4"/>'
            f'<text x="{x[name]:.0f}" y="{top + 19}" class="name">{title}</text>'
            f'<text x="{x[name]:.0f}" y="{top + 35}">{rest}</text>'
        )
    marker = (
        '<defs><marker id="head" viewBox="0 0 8 8" refX="6" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
    )
    marker += '<path d="M0 0L8 4L0 8z"/></marker></defs>'
    box = f'viewBox="-4 -4 {across + 8:.0f} {len(rows) * (_HEIGHT + _GAP) - _GAP + 8}"'
    words = "Imports between the packages: " + ", ".join(f"{start} imports {end}" for start, end in arrows)
    svg = f'<svg class="flowchart" role="img" aria-label="{words}" {box}>{marker}{"".join(shapes)}</svg>'
    return f'<div class="scrolled">{svg}</div>\n'


def _rank(names: Iterable[str], arrows: list[tuple[str, str]]) -> dict[str, int]:
    """The row of each box: the length of the longest way to it."""
    rank = dict.fromkeys(names, 0)
    for _ in rank:
        for start, end in arrows:
            rank[end] = max(rank[end], rank[start] + 1)
    return rank


def _reduce(arrows: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The arrows that do not follow from others."""

    def reach(name: str) -> set[str]:
        return {name}.union(*(reach(end) for start, end in arrows if start == name))

    return [
        (start, end)
        for start, end in arrows
        if not any(end in reach(other) for first, other in arrows if first == start and other != end)
    ]


def _draw_arrow(points: list[tuple[float, int]]) -> str:
    """A curve from the lower edge of a box to the upper edge of another one, straight past the rows between."""
    (x, y), *rest = points
    path = f"M{x:.0f} {y + _HEIGHT}"
    y += _HEIGHT
    for number, (to_x, to_y) in enumerate(rest, 1):
        end = to_y - 4 if number == len(rest) else to_y
        path += f"C{x:.0f} {(y + end) / 2:.0f} {to_x:.0f} {(y + end) / 2:.0f} {to_x:.0f} {end}"
        if number < len(rest):
            path += f"V{to_y + _HEIGHT}"
        x, y = to_x, to_y + _HEIGHT
    return f'<path class="arrow" d="{path}"/>'
