"""Judges cures by labelled programs: how many sick ones end proven, at what cost, and whether healthy ones are left."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # TensorFlow reads it once, when it is first imported

import inspect
import time
import warnings
from enum import Enum
from pathlib import Path
from typing import Annotated, Any

import keras
import numpy as np
import pandas as pd
import typer
from rich.console import Console
from rich.progress import track

import keras_vg as vg
from labelled_programs import Half, Program, select

console = Console(width=160)

INCURABLE = {
    "nan input": "NaN in the data",
    "nan labels": "NaN in the labels",
    "infinite label": "infinity in the labels",
    "labels of one class only": "nothing to learn",
    "switches, right settings alone": "nothing to learn",
    "discriminator of filled pictures, all called valid": "nothing to learn",
    "every feature constant": "nothing to learn from",
    "texts of one letter, divided by their length": "nothing to learn from",
    "own noise on sounds in prediction": "what a layer of one's own does",
    "own dropout, not divided by what is kept": "what a layer of one's own does",
    "measures of two sites, batches of one": "trials shuffle",
    "an infinite feature": "infinity in the data",
    "lstm of sensors divided by a deviation of 0": "NaN in the data",
    "days of cars, missing hours not a number": "NaN in the data",
    "two labels of which one is often unknown, dropped after it is squared": "NaN in the labels",
    "masks flipped otherwise than their pictures": "labels of other inputs",
    "wave ten steps later, by one value": "what is asked for is not in the inputs",
    "angles of an arm that bends to both sides": "one input has two right answers",
    "own table of words as an array": "what a layer of one's own does",
    "wines, a warm-up of 3000 batches begun anew in each epoch": "a callback, which trials do not have",
    "digits, nesterov, rate times its decay of a thousandth an epoch": "a callback, which trials do not have",
    "own attention with a score of minus infinity for padding": "what a layer of one's own does",
    "six kinds, own layers whose kernels are drawn in each call": "what a layer of one's own does",
    "variational autoencoder with a tanh for its likelihood": "what a loss of one's own takes the logarithm of",
    "first words that attend to padding only": "a mask that the model's graph turns round",
    "codes of eight bits, rounded": "what a layer of one's own does",
    "roads of few pixels, 99 times as heavy, logarithms of 0": "what a loss of one's own takes the logarithm of",
    "moves weighed by rewards that are standardised each by itself": "what a loss of one's own multiplies by 0",
    "shares of words of empty texts": "NaN in the data",
    "nadam 3": "on TensorFlow it learns all the same: it scores 1.00",
    "solution of an equation, conditions for the first time only": "by its own loss it learns all the same: 0.99",
    "two signatures as bytes, contrastive loss of their distance": "by its own loss it learns all the same: 1.00",
    "codes of pictures, a rate that falls to a tenth each epoch from 0.003": "a callback, which trials do not have",
    "loans, rate cut where the F1 does not fall": "a callback, which trials do not have",
    "digits, sgd whose rate doubles every five epochs": "a callback, which trials do not have",
    "two rings, rate a tenth after every step": "a callback, which trials do not have",
    "subjects of mails, words hashed into eight bins": "what is asked for is not in the inputs",
    "digits as bytes over 255, whole numbers": "what is asked for is not in the inputs: all are 0",
    "where a pixel is, by convolutions that do not see their places": "what is asked for is not in what is pooled",
    "scans divided by 255 in the model, twice where it predicts": "what a layer of one's own does",
    "earnings by own logarithms of balances, of all of them": "what a layer of one's own does",
    "moves by their advantage, ten times the entropy": "what a loss of one's own asks for",
    "moons by six couplings, volume taken off": "what a loss of one's own asks for",
    "digits shuffled, labels by folders": "labels of other inputs",
    "same digits pushed apart, others drawn together": "by its own loss it learns all the same: 0.64",
    "arrows to the left or right, flipped left to right at random": "a layer that changes what the labels ask for",
    "pixels of spots, only pictures turned": "a layer that turns pictures and not their masks",
    "flats without gaps and the first rents": "labels of other inputs",
    "digits sorted by kind, the last sixty percent kept for validation": "a split, which trials make themselves",
    "machines that are on, stopped where the loss rises no more": "a callback, which trials do not have",
    "praise by the most common words": "what is asked for is not in the inputs",
    "pairs of questions, the second ones in any order": "inputs of other labels",
    "plants by an own layer that draws its kernel each time": "what a layer of one's own does",
    "sounds of birds, distances by row": "what a loss of one's own compares",
    "captions of pictures, each caption against all captions": "what a loss of one's own compares",
    "tides with a spread by relu": "what a loss of one's own takes the logarithm of",
    "short texts that attend to what is behind their words": "a mask that the model's graph turns round",
    "the marked number by a softmax over the batch": "what a layer of one's own does",
    "digits by what a network says that was never taught": "what a model of one's own is taught by",
    "moves by what they brought, plus logarithms": "whether labels are gains or costs, only their author knows",
    "discs in noise by the overlap of logits": "what a loss of one's own asks for",
    "drawn codes of digits, divergence times 1": "what a layer of one's own adds to the loss",
    "chances to live on by findings and an age, once missing": "NaN in the data",
    "iris as words, decimetres": "what is asked for is not in the inputs: all are one id",
    "keras.io: films by grus, films masked and not the zeros": "what is asked for is not in what the mask leaves",
    "digits by five layers, rate of 0.1 lowered anew at every epoch": "a callback, which trials do not have",
    "two rings, stopped when accuracy falls no more": "a callback, which trials do not have",
    "countries by numbers of words over sixty": "what is asked for is not in the inputs: all are one id",
    "high water by a day, standardised over each day": "what is asked for is not in the inputs",
    "what was done and what came of it, all vectors by one length": "what a layer of one's own does",
    "moves that were won or lost by cross-entropy times 1 or -1": "what a loss of one's own multiplies by -1",
    "a spring by its equation, relu": "by its own loss it learns all the same: 0.77",
    "kinds of leaves in an order before it was changed": "labels of other inputs",
    "screens of a game over 255, rounded down": "what is asked for is not in the inputs: all are 0",
    "pairs of digits by distances": "what a layer of one's own takes the root of",
    "pixels of streets by masks in the shape of pixel by pixel": "labels of other pixels",
    "crosses, rings and bars, files read by name": "labels of other inputs",
    "charges of the insured, one row too late": "labels of other inputs",
    "swings of two sensors in the shape of step by step": "values of other steps",
    "refusals by the first twenty words of a letter": "what is asked for is not in the inputs",
    "tones that rise or fall, all below what is told": "what is asked for is not in the inputs: all are one number",
    "four views of a digit, taken apart view by view": "what a layer of one's own does",
    "faster than the others, by means of the batch": "what a layer of one's own does",
    "regions of a brain by what stands first, before what it may see": "what a layer of one's own may see",
    "subjects of papers by those they cite": "what a layer of one's own is given",
    "digits by two layers of eight relus in a lambda": "what a function of one's own calls",
    "tumours by an own loss of penalties only": "a model of one's own that cannot be made anew",
    "knocks with nine tenths of another in an own training step": "a model of one's own that cannot be made anew",
    "wines, first weights given back before each epoch": "a callback, which trials do not have",
    "who leaves, rate cut where the area falls no more": "a callback, which trials do not have",
    "frozen hidden layers": "frozen on purpose, for all that can be known",
    "disconnected layer": "the rest of the model learns",
    "who wins a duel, both players in one vector": "what is asked for is not in the inputs",
    "winds about north as shares of a circle": "labels that jump where the wind turns by north",
    "water, sand and forest, water not counted": "labels that the loss is told to leave out",
    "rides in a city, one step an epoch": "how many steps an epoch has, which trials do not take over",
    "who buys, logarithms of counts that may be zero": "what a layer of one's own takes the logarithm of",
    "places of a buoy under a softmax of ten-thousandths": "what a layer of one's own multiplies by",
    "beats in nine readings, by the nearest ones": "what a layer of one's own rounds",
    "digits by lengths of capsules, numbers as labels": "labels in another form than a loss of one's own takes",
    "how full trucks are, as whole numbers": "what is asked for is not in the labels: they are rounded",
    "sounds of birds by what one view says of another, both free": "a model of one's own that cannot be made anew",
    "how full a tank is by rates from 1.05 to 1.2": "what a layer of one's own multiplies by",
    "who is ill at two sites, gradients of the site turned round by fifty": "what a layer of one's own gives back",
    "moves weighed by exponentials of a hundred times what they brought": "weights that come with the data",
    "noise of a spiral, drawn once more": "labels of other inputs",
    "places of answers by pairs, the better one below": "a loss of one's own with the wrong sign",
    "who is at which place by pairs, as if these were places": "labels that mean something else",
    "urgent orders, words with capital letters not known": "what is asked for is not in the inputs",
    "the marked number by heads that are given another shape": "what a layer of one's own does",
    "places of cards by sums of rows and columns of exponentials": "what a layer of one's own takes exponentials of",
    "few numbers in sums, shrunk by ten": "what a layer of one's own takes off",
    "cells in their own units with an own step that standardises": "a model of one's own that cannot be made anew",
    "trips with a spread, its logarithm taken off": "a loss of one's own with the wrong sign",
    "kinds of cells by pairs of layers that only the pairs know": "layers that the model does not know",
    "three genes of twenty by softmaxes, temperature a thousandth": "what a layer of one's own divides by",
    "high rivers by those that they flow into": "values of other examples",
    "qualities by weights that are all zero at first": "a layer of one's own that cannot be made anew",
    "brighter digits by narrow kernels that are all zero": "a layer of one's own that cannot be made anew",
    "orders by their own spread, some of which is 0": "NaN in the data",
    "logarithms of heights and widths of boxes, some of which are 0": "infinity in the labels",
    "kinds of seeds in two files, the second one numbered anew": "labels of two numberings",
    "places of two lamps in any order": "one input has two right answers",
    "how boxes are turned, quaternions of either sign": "one input has two right answers",
    "books that were taken above the same books": "nothing to learn",
    "whose voice it is, a margin of 40 degrees taken for radians": "by its own loss it learns all the same: 1.00",
    "forces in three directions by cosines": "by its own loss it learns all the same",
    "cups that cool down by the equation of one that becomes warmer": "what a loss of one's own asks for",
    "years of pumps by a weibull density, some of them zero": "what a loss of one's own takes the logarithm of",
    "stamps in the middle, cut out of a corner": "what is asked for is cut out",
    "heights of tones by the last steps of a sound": "what is asked for is cut out",
    "the marked one of ten numbers by attention over examples": "which axis is which",
    "patterns of tiles by two layers of bare variables": "variables that are no weights",
    "faults of valves, stopped when the loss falls by less than a half": "a callback, which trials do not have",
    "yields of fields, a rate that falls below 0 as a cosine": "within the trials' epochs it learns: 0.94",
}
"""Sick programs without a cure, and why."""


class SearchType(str, Enum):
    """How remedies are chosen."""

    reasoned = "reasoned"
    random = "random"


def main(
    seeds: Annotated[int, typer.Option(min=2, help="Seeds that a change is proven on.")] = 3,
    epochs: Annotated[int, typer.Option(min=1, help="Epochs of a full training, unless the program has its own.")] = 20,
    budget: Annotated[float, typer.Option(min=2, help="Full trainings of all seeds.")] = 8.0,
    half: Annotated[Half, typer.Option(help="Programs that rules were set on, those kept out of sight, or both.")] = (
        Half.both
    ),
    theme: Annotated[str, typer.Option(help="Programs of this theme, or of `all`; by default those without one.")] = "",
    match: Annotated[str, typer.Option(help="Only programs whose name holds this.")] = "",
    every: Annotated[int, typer.Option(min=1, help="Only every so many of these programs.")] = 1,
    search: Annotated[SearchType, typer.Option(help="How remedies are chosen.")] = SearchType.reasoned,
    jobs: Annotated[int | None, typer.Option(help="Processes, -1 for one per core.")] = None,
    output: Annotated[Path | None, typer.Option(help="CSV file to write one row per program to.")] = None,
) -> None:
    """Cures labelled programs, and prints how many end proven, at what cost, and which do not."""
    warnings.simplefilter("ignore")  # what Keras says of faulty programs
    known = select(half, "" if theme == "all" else theme, match)
    known = [program for program in known if theme or not program.theme]
    chosen = known[::every]
    start, rows = time.perf_counter(), []
    for program in track(chosen, "Curing", console=Console(stderr=True)):
        rows.append(_cure_program(program, seeds, epochs, budget, search.value, jobs))
        if output is not None:
            pd.DataFrame(rows).to_csv(output, index=False)
    _print_summary(pd.DataFrame(rows))
    console.print(
        f"{len(rows)} of {len(known)} programs, {seeds} seeds, {epochs} epochs, {search.value} search, "
        f"{keras.backend.backend()}: {time.perf_counter() - start:.0f} s"
    )


def _cure_program(
    program: Program, seeds: int, epochs: int, budget: float, search: Any, jobs: int | None
) -> dict[str, Any]:
    keras.utils.clear_session()
    keras.utils.set_random_seed(0)
    model, x, y = program.make()
    about = {"program": program.name, "sick": program.is_sick, "held_out": program.held_out}
    about["strength"] = program.strength
    options = {
        "epochs": program.epochs or epochs,
        "seeds": seeds,
        "max_trainings": budget,
        "jobs": jobs,
        "search": search,
    }
    try:
        known = inspect.signature(vg.cure).parameters  # the order of the batches, say, is the trials' own
        own = {name: value for name, value in program.make_fit_options(x, y).items() if name in known}
        found = vg.cure(model, x, y, progress=False, **options, **own)
    except Exception as error:  # which is printed among those that are not proven
        status = f"raised {type(error).__name__}: {str(error)[:200]}"
        nothing = {"healthy_afterwards": False, "before": np.nan, "after": np.nan, "cost": np.nan}
        return about | {"status": status, "changes": "", "found": ""} | nothing
    return about | {
        "status": found.status,
        "healthy_afterwards": found.findings_after.is_healthy,
        "before": float(np.median(found.scores_before)) if found.scores_before else np.nan,
        "after": float(np.median(found.scores_after)) if found.scores_after else np.nan,
        "cost": found.cost,
        "changes": " + ".join(found.changes),
        "found": ", ".join(finding.rule for finding in found.findings_before if finding.severity == "error"),
    }


def _print_summary(table: pd.DataFrame) -> None:
    curable = table[table["sick"] & ~table["program"].isin(INCURABLE)]
    healthy = table[~table["sick"]]
    if len(curable):
        proven = curable["status"] == "proven"
        extra = curable["cost"] - 1
        console.print(
            f"sick programs that can be cured: {int(proven.sum())} of {len(curable)} proven ({proven.mean():.1%}), "
            f"{int((proven & curable['healthy_afterwards']).sum())} of them healthy afterwards; "
            f"trainings beyond the original: median {extra.median():.2f}, largest {extra.max():.2f}"
        )
        for row in curable[~proven].itertuples():
            console.print(
                f"not proven: {row.program}: {row.status}, score {row.before:.2f} to {row.after:.2f}, found "
                f"{row.found or 'nothing'}; {row.changes or 'no change'}",
                highlight=False,
            )
    if len(healthy):
        wrong = healthy[(healthy["changes"] != "") | healthy["status"].str.startswith("raised")]
        console.print(f"healthy programs: {len(wrong)} of {len(healthy)} given a change, or raised")
        for row in wrong.itertuples():
            console.print(f"changed: {row.program}: {row.status}, {row.changes}; found {row.found}", highlight=False)


if __name__ == "__main__":
    typer.run(main)
