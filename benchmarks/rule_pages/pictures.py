"""Draws a rule's picture: the sick program at the left, its healthy neighbour at the right."""

import io
import textwrap
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from rule_pages.scenes import Scene, run_scene
from rule_pages.section import Section

SIZE, DPI = (7.6, 3.0), 115
COLOURS = 64


class WrongSceneError(ValueError):
    """A rule does not say of a program what its section says."""


def find_scenes(section: Section) -> tuple[Scene, Scene]:
    """Runs a section's two programs, and makes sure that the rule speaks of the first and not of the second.

    Raises:
        WrongSceneError: If it does not.
    """
    sick, healthy = run_scene(section.sick, section.epochs), run_scene(section.healthy, section.epochs)
    if not sick.find(section.rule):
        raise WrongSceneError(f"{section.rule} must be found on {section.sick!r}. Received:\n{sick.findings}")
    if healthy.find(section.rule):
        raise WrongSceneError(f"{section.rule} must be silent on {section.healthy!r}. Received:\n{healthy.findings}")
    return sick, healthy


def save_picture(section: Section, scenes: tuple[Scene, Scene], path: Path) -> None:
    """Draws both programs and saves a PNG of few colours."""
    assert section.draw is not None
    figure = Figure(figsize=SIZE, dpi=DPI, layout="constrained")
    axes = figure.subplots(1, 2, sharey=section.is_shared)
    for ax, scene, verdict in zip(axes, scenes, ("sick", "healthy"), strict=True):
        section.draw(scene, ax)
        ax.set_title("\n".join(textwrap.wrap(f"{verdict}: {scene.name}", 44)), fontsize="medium")
    for ax in axes:
        _widen(ax)
    if section.is_shared:
        axes[1].set_ylabel("")
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.open(buffer).convert("RGB").quantize(COLOURS, method=Image.Quantize.MEDIANCUT).save(path, optimize=True)


def _widen(ax: Axes) -> None:
    """Gives a log scale two decades at least, so that differences look as small as they are."""
    low, high = ax.get_ylim()
    if ax.get_yscale() == "log" and high < 100 * low:
        ax.set_ylim(low / 6, high * 3)
