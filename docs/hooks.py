"""What MkDocs is told beyond mkdocs.yml: pages from outside docs/, links that lead there, formulas, and a diagram."""

import html
import posixpath
import re
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

    Arrows that follow from others are left out.
    """
    labels = dict(re.findall(r'^ +(\w+)\["(.*)"\]$', text, re.MULTILINE))
    arrows = re.findall(r"^ +(\w+) --> (\w+)$", text, re.MULTILINE)
    styled = {
        name: style
        for names, style in re.findall(r"^ +class (\S+) (\w+)$", text, re.MULTILINE)
        for name in names.split(",")
    }
    below: dict[str, set[str]] = {name: {end for start, end in arrows if start == name} for name in labels}

    def reach(name: str) -> set[str]:
        return {name}.union(*(reach(end) for end in below[name]))

    rank = dict.fromkeys(labels, 0)
    for _ in labels:
        for start, end in arrows:
            rank[end] = max(rank[end], rank[start] + 1)
    rows = [[name for name in labels if rank[name] == level] for level in range(max(rank.values()) + 1)]
    width, height, gap = 190, 46, 34
    across = max(map(len, rows)) * (width + 20)
    centre = {
        name: (across * (column + 0.5) / len(row), level * (height + gap))
        for level, row in enumerate(rows)
        for column, name in enumerate(row)
    }
    shapes = []
    for start, end in arrows:
        if any(end in reach(other) for other in below[start] - {end}):
            continue
        (x1, y1), (x2, y2) = centre[start], centre[end]
        y1 += height
        middle = (y1 + y2) / 2
        shapes.append(
            f'<path class="arrow" d="M{x1:.0f} {y1}C{x1:.0f} {middle:.0f} {x2:.0f} {middle:.0f} {x2:.0f} {y2 - 4}"/>'
        )
    for name, label in labels.items():
        x, y = centre[name]
        title, _, rest = re.sub(r"</?b>", "", label).partition("<br>")
        shapes.append(
            f'<rect class="{styled.get(name, "")}" x="{x - width / 2:.0f}" y="{y}" '
            f'width="{width}" height="{height}" rx="4"/>'
            f'<text x="{x:.0f}" y="{y + 19}" class="name">{title}</text><text x="{x:.0f}" y="{y + 35}">{rest}</text>'
        )
    marker = (
        '<defs><marker id="head" viewBox="0 0 8 8" refX="6" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
    )
    marker += '<path d="M0 0L8 4L0 8z"/></marker></defs>'
    box = f'viewBox="-4 -4 {across + 8:.0f} {len(rows) * (height + gap) - gap + 8}"'
    description = "Imports between the packages: " + ", ".join(f"{start} of {end}" for start, end in arrows)
    return f'<svg class="flowchart" role="img" aria-label="{description}" {box}>{marker}{"".join(shapes)}</svg>\n'
