"""What was tried and what was seen of it: changes with their trainings, as records and as tables."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from keras_vg.cures.catalogue import FOR_RULE
from keras_vg.cures.trials import FrozenDraft, Trial, get_scores
from keras_vg.diagnosis.causes import group_by_cause
from keras_vg.diagnosis.findings import Finding, Findings

NO_BETTER = 0.05
"""Score up to which a model is no better than a constant prediction."""

GOOD_SCORE = 0.8
"""Score from which warnings are left alone: at most a fifth of a constant answer's error is left to gain. Chosen."""

CONFIRMING_GAIN = 0.5
"""Part of what is missing from a score of 1 that a remedy must gain to confirm a warning. Chosen: a healthy model gains
a little by many a change, and what holds a model back makes most of the difference."""


NOTHING_LEARNED = Finding("no_better_than_constant", "warning", (), None, {}, "No rule says why.")


@dataclass(frozen=True, eq=False)
class Attempt:
    """Changes of the original, and what was seen of them.

    Attributes:
        changes: Names of the remedies, in the order of their application; none for the original.
        finding: The rule that called for the last one.
        frozen: The changed model.
        seen: What an inspection before training found; None if there was none.
        trials: Its trainings, one per seed if it was trained fully.
        verdict: What is shown; `"dropped"` after the inspection, `"set aside"` after a part of the epochs,
            `"failed: ..."` if it does not suit the model.
    """

    changes: tuple[str, ...]
    finding: str
    frozen: FrozenDraft
    seen: Findings | None = None
    trials: tuple[Trial, ...] = ()
    verdict: str = ""

    @property
    def scores(self) -> list[float]:
        """Score of each seed."""
        return get_scores(self.trials)

    @property
    def median(self) -> float:
        """Median of the scores."""
        return float(np.median(self.scores)) if self.trials else float("nan")

    @property
    def findings(self) -> Findings:
        """What more than half of its full trainings show, each rule once, at the severity that they agree on."""
        known = [trial.findings.list_all() for trial in self.trials if trial.findings is not None]
        agreed: list[Finding] = []
        for severity in ("error", "warning", "info"):
            for rule in dict.fromkeys(f.rule for findings in known for f in findings if f.severity == severity):
                own = [f for findings in known for f in findings if f.rule == rule and f.severity == severity]
                seeds = sum(any(f.rule == rule and f.severity == severity for f in findings) for findings in known)
                if 2 * seeds > len(known) and all(f.rule != rule for f in agreed):
                    agreed.append(own[0])
        return Findings(group_by_cause(agreed))

    @property
    def is_healthy(self) -> bool:
        """Whether they agree on no error."""
        return not any(finding.severity == "error" for finding in self.findings)


def list_targets(attempt: Attempt) -> list[Finding]:
    """Lists what is to be cured: errors, and milder findings if there is none and the score is not good.

    A warning is a suspicion: a remedy of it that is proven shows that it was right. So is a finding that was made
    milder because the model has learned something, such as labels of another scale. Answers that are no better than a
    constant are a finding of their own, the last one: where no remedy of the others helps, the usual ones are tried.

    Args:
        attempt: What was trained fully.

    Returns:
        The findings, each rule once; of what follows from one that is listed, nothing.
    """
    targets = [finding for finding in attempt.findings if finding.severity == "error"]
    if not targets and attempt.median < GOOD_SCORE:
        targets = [finding for finding in attempt.findings if finding.rule in FOR_RULE]
    is_known = any(finding.rule == NOTHING_LEARNED.rule for finding in targets)
    return [*targets, NOTHING_LEARNED] if _learns_nothing(attempt) and not is_known else targets


def is_suspected(attempt: Attempt) -> bool:
    """Whether there is no error, and the model is better than a constant: then it may as well be healthy."""
    return attempt.is_healthy and attempt.median > NO_BETTER


def must_be_confirmed(attempt: Attempt) -> bool:
    """Whether a change must gain half of the way to 1: there is no error, nor a warning beside a constant's answers."""
    findings = [finding for finding in list_targets(attempt) if finding.severity != "info"]
    return is_suspected(attempt) or findings == [NOTHING_LEARNED]


def _learns_nothing(attempt: Attempt) -> bool:
    """Whether trainings end no better than a constant answer; a loss that hardly falls may be near its least value."""
    is_known = not any(trial.failure or "loss" in trial.score.figures for trial in attempt.trials)
    return is_known and attempt.median <= NO_BETTER


def confirms(original: Attempt, changed: Attempt) -> bool:
    """Whether a proven change gains so much that what was suspected of the original is held to be its fault."""
    return changed.median - original.median >= CONFIRMING_GAIN * (1 - original.median)


def is_enough(original: Attempt, changed: Attempt) -> bool:
    """Whether a change is proven, and confirmed where it must be."""
    return changed.verdict == "proven" and (not must_be_confirmed(original) or confirms(original, changed))


def is_done(original: Attempt, changed: Attempt) -> bool:
    """Whether a change is a cure: it is enough, and nothing of severity error is found with it."""
    return is_enough(original, changed) and changed.is_healthy


def is_judged_by_faulty_loss(attempt: Attempt) -> bool:
    """Whether an attempt's score is known by a loss that is still found at fault: less of it is not better."""
    is_by_loss = any("loss" in trial.score.figures for trial in attempt.trials)
    return is_by_loss and any(
        finding.severity == "error" and finding.rule in ("loss_function", "endless_fall")
        for finding in attempt.findings
    )


def list_rising(attempts: Sequence[Attempt]) -> list[str]:
    """Lists changes whose score was still rising when a full training ended.

    Args:
        attempts: All that was tried, the original first.

    Returns:
        The changes with which most seeds had their best score at the very end.
    """
    rising = []
    for attempt in attempts[1:]:
        curves = [[value for _, value in trial.curve] for trial in attempt.trials if not is_partial(attempt)]
        if 2 * sum(len(curve) > 1 and curve[-1] > max(curve[:-1]) for curve in curves) > len(curves):
            rising.append(" + ".join(attempt.changes))
    return rising


def count(findings: Findings | None, severity: str) -> int:
    """How many findings have a severity, consequences among them."""
    return sum(finding.severity == severity for finding in (findings.list_all() if findings is not None else ()))


def describe_scores(scores: Sequence[float]) -> str:
    """Writes median and range, e.g. `"0.72 (0.70 to 0.75)"`; empty without scores."""
    if not scores:
        return ""
    return f"{np.median(scores):.2f} ({min(scores):.2f} to {max(scores):.2f})"


def tabulate(attempts: Sequence[Attempt]) -> pd.DataFrame:
    """Makes the table of trials.

    Args:
        attempts: All that was tried, the original first.

    Returns:
        A DataFrame with one row per attempt: `change`, `finding`, `seeds`, `score_before` and `score_after` (medians),
        `range_before` and `range_after`, `epochs`, `steps`, `seconds`, `verdict`.
    """
    before = attempts[0].scores if attempts else []
    rows = [
        {
            "change": " + ".join(attempt.changes) or "none",
            "finding": attempt.finding or ", ".join(f.rule for f in list_targets(attempt) if f is not NOTHING_LEARNED),
            "seeds": len({trial.seed for trial in attempt.trials}),
            "score_before": float(np.median(before)) if before else np.nan,
            "score_after": attempt.trials[-1].score.value if is_partial(attempt) else attempt.median,
            "range_before": float(np.ptp(before)) if before else np.nan,
            "range_after": np.nan if is_partial(attempt) or not attempt.trials else float(np.ptp(attempt.scores)),
            "epochs": max((trial.epochs for trial in attempt.trials), default=0),
            "steps": sum(trial.steps for trial in attempt.trials),
            "seconds": sum(trial.seconds for trial in attempt.trials),
            "verdict": attempt.verdict,
        }
        for attempt in attempts
    ]
    columns = ["change", "finding", "seeds", "score_before", "score_after", "range_before", "range_after"]
    return pd.DataFrame(rows, columns=[*columns, "epochs", "steps", "seconds", "verdict"])


def is_partial(attempt: Attempt) -> bool:
    """Whether an attempt's trainings are of the first seed, for a part of the epochs."""
    return attempt.verdict in ("set aside", "went on")


def collect_curves(attempts: Sequence[Attempt]) -> pd.DataFrame:
    """Collects the scores over the steps of every training.

    Args:
        attempts: All that was tried.

    Returns:
        A DataFrame with one row per score: `change`, `seed`, `epochs` (of the whole training), `step`, `score`.
    """
    rows = [
        (" + ".join(attempt.changes) or "original", trial.seed, trial.epochs, step, value)
        for attempt in attempts
        for trial in attempt.trials
        for step, value in trial.curve
    ]
    return pd.DataFrame(rows, columns=["change", "seed", "epochs", "step", "score"])
