"""Runs a sick and a healthy program for each rule, draws both, and writes docs/rules.md."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # TensorFlow reads it once, when it is first imported

import sys
from pathlib import Path
from typing import Annotated

import keras
import matplotlib as mpl
import typer
from rich.console import Console
from rich.progress import track

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))  # where the labelled programs are

from rule_pages.page import PAGE, PICTURES, print_finding, read_findings, write_page
from rule_pages.pictures import WrongSceneError, find_scenes, save_picture
from rule_pages.sections import SECTIONS

QUICK = ("label_range", "vanishing_gradient")


def main(
    rules: Annotated[list[str] | None, typer.Argument(help="Only these rules; all by default.")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Only two rules.")] = False,
    text_only: Annotated[
        bool, typer.Option("--text-only", help="Run nothing; renew what comes from the code.")
    ] = False,
    pictures: Annotated[Path, typer.Option(help="Folder for the pictures.")] = PICTURES,
    page: Annotated[Path, typer.Option(help="The page, whose other sections' findings are kept.")] = PAGE,
) -> None:
    """Runs the programs, checks what the rules say of them, and writes pictures and page.

    A rule whose section names another backend is left as it is; run the script again with KERAS_BACKEND for it.
    """
    mpl.use("agg")
    unknown = sorted(set(rules or ()) - set(SECTIONS))
    if unknown:
        raise typer.BadParameter(f"There must be a rule of each name. Received: {', '.join(unknown)}.")
    chosen = [] if text_only else [SECTIONS[rule] for rule in rules or (QUICK if quick else SECTIONS)]
    other = [section for section in chosen if section.backend != keras.backend.backend()]
    printed = read_findings(page.read_text("utf-8")) if page.exists() else {}
    failures: list[str] = []
    for section in track([s for s in chosen if s not in other], "Running", console=Console(stderr=True)):
        try:
            scenes = find_scenes(section)
        except WrongSceneError as error:  # the others are still worth having
            failures.append(str(error))
            continue
        printed[section.rule] = "\n".join(map(print_finding, scenes[0].find(section.rule)))
        if section.draw is not None:
            save_picture(section, scenes, pictures / f"{section.rule}.png")
        page.write_text(write_page(printed), "utf-8")  # at each, so that a run that is broken off keeps what it has
    for section in other:
        print(f"left as it is: {section.rule}, which needs KERAS_BACKEND={section.backend}")
    page.write_text(write_page(printed), "utf-8")
    if failures:
        raise SystemExit("\n".join(failures))


if __name__ == "__main__":
    typer.run(main)
