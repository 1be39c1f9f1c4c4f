"""The search: from the finding furthest upstream to a change that is proven, within a budget of training steps."""

from collections.abc import Callable, Iterable, Sequence, Set
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from keras_vg.cures import rates, score
from keras_vg.cures.attempts import (
    Attempt,
    count,
    is_done,
    is_enough,
    is_judged_by_faulty_loss,
    is_suspected,
    list_targets,
)
from keras_vg.cures.catalogue import FOR_RULE, REMEDIES
from keras_vg.cures.data import count_examples
from keras_vg.cures.draft import Draft
from keras_vg.cures.template import Template
from keras_vg.cures.trials import Trial, freeze, inspect_draft, run_trial, try_draft
from keras_vg.diagnosis.findings import Finding, Findings
from keras_vg.diagnosis.order import list_hidden_by, sort_upstream
from keras_vg.grids import run_grid
from keras_vg.text import quote_error

MOST_TRAINED = 4
"""Candidates of one round that are trained for a part of the epochs; the others wait."""

MOST_CHANGES = 4
"""Changes that are put on top of one another one by one."""

AFTERWARDS = ("learning rate by a range test", "Adam", "BatchNormalization between layers", "learning rate * 10")
"""What is tried on a model without errors whose gain is not proven; not if the original had none either."""


USUAL: tuple[tuple[str, ...], ...] = (
    ("initializers that fit", "Adam", "standard learning rate"),
    ("ReLU where no activation is", "Normalization of the inputs", "labels standardized in the model"),
    ("ReLU in hidden layers",),
    ("BatchNormalization between layers",),
)
"""What most networks that learn have, in four stages; each is tried on top of those before it, all in one round."""


_SHARES = (0.25, 0.5)
"""Parts of the epochs that candidates are trained for before the best are trained fully."""

_ABOUT_STEPS = {*(remedy.name for remedy in rates.REMEDIES), "Adam", "SGD with momentum"}


@dataclass(frozen=True)
class Settings:
    """What bounds a search.

    Attributes:
        epochs: Epochs of a full training.
        seeds: The seeds that each change is to be proven on.
        max_trainings: Budget, in full trainings of all seeds, the original's included.
        jobs: Number of processes; see `grids.run_grid`.
        folder: Where the logs of all trainings go; None if they are not kept.
        notify: Called with a text and the part of the budget that is spent, whenever something begins.
    """

    epochs: int
    seeds: tuple[int, ...]
    max_trainings: float
    jobs: int | None = None
    folder: Path | None = None
    notify: Callable[[str, float], None] = lambda text, part: None


@dataclass
class Search:
    """A search and what it has found so far, also when it is interrupted.

    Attributes:
        draft: The original.
        template: Its template.
        settings: What bounds the search.
        attempts: All that was tried, in order; the original first.
        steps: Steps of training so far, in batches of the original's size.
    """

    draft: Draft
    template: Template
    settings: Settings
    attempts: list[Attempt] = field(default_factory=list)
    steps: float = 0

    @property
    def unit(self) -> int:
        """Steps of one full training of all seeds."""
        batches = -(-count_examples(self.draft.data.x) // self.draft.fit["batch_size"])
        return batches * self.settings.epochs * len(self.settings.seeds)

    @property
    def _round(self) -> float:
        """Full trainings that a round with one finalist takes: those of `_halve` are parts, of one seed."""
        first, second = (self._count_epochs(share) for share in _SHARES)
        return 1 + (MOST_TRAINED * first + 2 * second) / self.settings.epochs / len(self.settings.seeds)

    def _count_epochs(self, share: float) -> int:
        return max(1, round(share * self.settings.epochs))

    @property
    def best(self) -> Attempt:
        """The best of what was trained fully; the original if nothing is better."""
        ranks = {"proven": 2, "better": 1}
        trained = [attempt for attempt in self.attempts if attempt.verdict in ranks]
        original = self.attempts[0]

        def rank(attempt: Attempt) -> tuple[int, bool, bool, float]:
            return ranks[attempt.verdict], is_enough(original, attempt), attempt.is_healthy, attempt.median

        return max(trained, key=rank, default=original)

    def train_original(self) -> Attempt:
        """Trains the original with all seeds, which comes first."""
        return self._train_fully(Attempt((), "", freeze(self.draft, self.template)))

    def run(self) -> None:
        """Searches until a change is proven and healthy, or the budget is spent."""
        original = self.train_original()
        if not list_targets(original):
            return
        base, is_combined = original, False
        is_kept = not is_suspected(original) and self._can_afford(2 * self._round)
        kept = self._round if is_kept else 0.0  # for usual changes
        while self._can_afford(1.0):
            candidates, latest = self._find_candidates(base), base
            if not candidates and base is not original:
                base, candidates = original, self._find_candidates(original)
            if not is_combined and (not candidates or (kept and not self._can_afford(self._round + kept))):
                is_combined, kept = True, 0.0
                candidates = self._combine_usual(latest) or candidates
            if not candidates:
                return
            finalists = self._halve(candidates, kept)
            while finalists and self._can_afford(1.0 + kept):
                attempt = self._train_fully(finalists.pop(0))
                if is_done(original, attempt):
                    self._set_aside(finalists)
                    return
                if attempt.verdict == "proven" and not is_suspected(original):  # what is still wrong comes next
                    break
            self._set_aside(finalists)
            if is_suspected(original) and self.best.verdict == "proven":  # which no remedy confirms by much
                return
            base = self._choose_base()

    def run_randomly(self, seed: int = 0) -> None:
        """Trains random choices of one or two remedies fully, until one is proven and healthy or the budget spent.

        Args:
            seed: Of the choices.
        """
        original = self.train_original()
        generator = np.random.default_rng(seed)
        names, tried = list(REMEDIES), set()
        if not list_targets(original):
            return
        for _ in range(1000):
            if not self._can_afford(1.0):
                return
            chosen = tuple(names[i] for i in generator.permutation(len(names))[: generator.integers(1, 3)])
            draft = self._apply(self.draft, chosen) if frozenset(chosen) not in tried else None
            tried.add(frozenset(chosen))
            if draft is None:
                continue
            attempt = Attempt(chosen, "random", freeze(draft, self.template))
            if isinstance(try_draft(attempt.frozen), str):
                continue
            attempt = self._train_fully(attempt)
            if is_done(original, attempt):
                return

    def _choose_base(self) -> Attempt:
        """What further changes are put on: the best, or else what cleared an error, since there may be another."""
        original = self.attempts[0]
        if self.best is not original or original.is_healthy:
            return self.best
        known = _list_errors(original)
        cleared = [
            attempt
            for attempt in self.attempts
            if attempt.verdict == "not shown"
            and attempt.finding not in _list_errors(attempt)
            and _list_errors(attempt) <= known | list_hidden_by(attempt.finding)
        ]
        return max(cleared, key=lambda a: (-len(_list_errors(a)), a.median), default=original)

    def count_steps(self, attempt: Attempt, trial: Trial) -> float:
        """Counts the steps of a trial: one of half as many examples as the original's is half a step.

        Args:
            attempt: What was trained.
            trial: The training.

        Returns:
            Their number, in batches of the original's size.
        """
        examples = count_examples(self.draft.data.x)
        own, original = (min(d.fit["batch_size"], examples) for d in (attempt.frozen.rest, self.draft))
        return trial.steps * own / original

    def _can_afford(self, trainings: float) -> bool:
        return self.steps + trainings * self.unit <= self.settings.max_trainings * self.unit

    def _apply(self, draft: Draft, names: Iterable[str]) -> Draft | None:
        for name in names:
            if not self._can_afford(1.0 + REMEDIES[name].steps / self.unit):
                return None
            changed = REMEDIES[name](draft)
            self.steps += REMEDIES[name].steps
            if changed is None:
                return None
            draft = changed
        return draft

    def _find_candidates(self, base: Attempt) -> list[Attempt]:
        """Changes on top of others that clear the finding furthest upstream, as far as an inspection can tell."""
        if len(base.changes) >= MOST_CHANGES:
            return []
        targets = sort_upstream(list_targets(base))
        if base.changes and base.is_healthy and not is_suspected(self.attempts[0]):
            targets = [*targets, Finding("not_proven", "error", (), None, {}, "")]
        seen = inspect_draft(base.frozen)
        for target in targets:
            names = AFTERWARDS if target.rule == "not_proven" else FOR_RULE.get(target.rule, ())
            candidates = self._try_remedies(base, seen, target, names)
            if candidates and count(candidates[0].seen, "error"):
                candidates = self._go_deeper(candidates)
            if candidates:
                return candidates
        return []

    def _try_remedies(self, base: Attempt, seen: Findings, target: Finding, names: Sequence[str]) -> list[Attempt]:
        """One more change each; the ones to be trained first, those that are dropped not at all."""
        self._notify(f"inspecting remedies for {target.rule.replace('_', ' ')}")
        tried = {frozenset(attempt.changes) for attempt in self.attempts}
        draft, new = base.frozen.thaw(0), []
        for name in names:
            changes = (*base.changes, name)
            if name in base.changes or frozenset(changes) in tried:
                continue
            changed = self._change(draft, changes, target)
            if changed is not None:
                new.append(Attempt(changes, target.rule, freeze(changed, self.template)))
        visible = {f.rule for f in seen.list_all() if f.severity == target.severity}
        kept = self._drop_faulty(new, _list_known(base, seen) | list_hidden_by(target.rule), target, visible)
        return sorted(kept, key=lambda a: (count(a.seen, "error"), count(a.seen, "warning")))

    def _combine_usual(self, base: Attempt) -> list[Attempt]:
        """Several usual changes at once, for faults that hide one another; of a model that may be healthy none."""
        original = self.attempts[0]
        if is_suspected(original) or self.best.verdict == "proven":
            return []
        target = sort_upstream(list_targets(original))[0]
        self._notify("inspecting usual changes together")
        changes = tuple(name for name in base.changes if name not in _ABOUT_STEPS)
        draft: Draft | None = original.frozen.thaw(0)
        for count_made in range(len(changes)):
            draft = None if draft is None else self._change(draft, changes[: count_made + 1], target)
        tried = {frozenset(attempt.changes) for attempt in self.attempts}
        new: list[Attempt] = []
        for stage in USUAL:
            for name in stage:
                changed = None if draft is None or name in changes else self._change(draft, (*changes, name), target)
                if changed is not None:
                    draft, changes = changed, (*changes, name)
            if draft is not None and frozenset(changes) not in tried:
                tried.add(frozenset(changes))
                new.append(Attempt(changes, target.rule, freeze(draft, self.template)))
        found = self._drop_faulty(new, _list_known(base, inspect_draft(base.frozen)), target, set())
        return found if self._can_afford(self._round) else found[::-1]  # one alone is trained then: the whole

    def _change(self, draft: Draft, changes: tuple[str, ...], target: Finding) -> Draft | None:
        """A draft with the last of some changes; None where it does not suit the model, which the table says."""
        try:
            return self._apply(draft, changes[-1:])
        except Exception as error:  # any: of a model that the remedy was not made for
            frozen = self.attempts[0].frozen
            self.attempts.append(Attempt(changes, target.rule, frozen, verdict=f"failed: {quote_error(error)}"))
            return None

    def _drop_faulty(
        self, new: Sequence[Attempt], known: Set[str], target: Finding, visible: Set[str]
    ) -> list[Attempt]:
        """Inspects attempts, and leaves out those that show an error that is not known, or the target as before."""
        kept = []
        for attempt, findings in zip(new, self._inspect(new), strict=True):
            if isinstance(findings, str):
                self.attempts.append(replace(attempt, verdict=f"failed: {findings}"))
                continue
            attempt = replace(attempt, seen=findings)
            errors = {f.rule for f in findings.list_all() if f.severity == "error"}
            same = {f.rule for f in findings.list_all() if f.severity in ("error", target.severity)}
            if errors - known or target.rule in same & visible:
                self.attempts.append(replace(attempt, verdict="dropped"))
            else:
                kept.append(attempt)
        return kept

    def _go_deeper(self, candidates: list[Attempt]) -> list[Attempt]:
        """Further changes, on top of the two best, for the errors that an inspection still shows in them."""
        found = []
        for attempt in candidates[:2]:
            assert attempt.seen is not None
            errors = [finding for finding in attempt.seen if finding.severity == "error"]
            if errors and len(attempt.changes) < MOST_CHANGES:
                target = sort_upstream(errors)[0]
                found += self._try_remedies(attempt, attempt.seen, target, FOR_RULE.get(target.rule, ()))
        distinct: dict[frozenset[str], Attempt] = {}
        for attempt in [*found, *candidates]:
            distinct.setdefault(frozenset(attempt.changes), attempt)
        everything = sorted(distinct.values(), key=lambda a: count(a.seen, "error"))
        if found and count(everything[0].seen, "error") and len(everything[0].changes) > len(candidates[0].changes):
            return self._go_deeper(everything)
        return everything

    def _halve(self, candidates: list[Attempt], kept: float) -> list[Attempt]:
        """Trains candidates with the first seed for a quarter and a half of the epochs; the best of them first.

        Those that are not trained now come again in the next round. A part of the budget is kept for later.
        """
        chosen = candidates[:MOST_TRAINED]
        aside: list[Attempt] = []
        for share, most in zip(_SHARES, (2, 1), strict=True):
            epochs = self._count_epochs(share)
            part = len(chosen) * epochs / self.settings.epochs / len(self.settings.seeds)
            if len(chosen) <= most or not self._can_afford(1 + part + kept):
                continue
            texts = [" + ".join(attempt.changes) for attempt in chosen]
            length = f"{epochs} epoch{'s' if epochs > 1 else ''}"
            self._notify(f"training {len(chosen)} candidates for {length}: {', '.join(texts)}")
            seed = self.settings.seeds[0]
            tasks = [(a.frozen, seed, epochs, False, self._make_folder(a, seed, f"_{epochs}")) for a in chosen]
            trials = list(run_grid(run_trial, tasks, self.settings.jobs))
            self.steps += sum(self.count_steps(a, trial) for a, trial in zip(chosen, trials, strict=True))
            chosen = [replace(a, trials=(*a.trials, trial)) for a, trial in zip(chosen, trials, strict=True)]
            chosen.sort(key=_rank, reverse=True)
            aside = [*chosen[most:], *aside]
            chosen = chosen[:most]
        self._set_aside(aside[1:])
        return [*chosen, *aside[:1]][:2]

    def _set_aside(self, attempts: Sequence[Attempt]) -> None:
        """Records what was trained for a part of the epochs only."""
        self.attempts += [replace(attempt, verdict="set aside") for attempt in attempts if attempt.trials]

    def _train_fully(self, attempt: Attempt) -> Attempt:
        """Trains with all seeds, diagnoses, and says what is shown against the original."""
        name = " + ".join(attempt.changes) or "the original"
        self._notify(f"training {name}, {len(self.settings.seeds)} seeds")
        tasks = [
            (attempt.frozen, seed, self.settings.epochs, True, self._make_folder(attempt, seed, ""))
            for seed in self.settings.seeds
        ]
        trials = tuple(run_grid(run_trial, tasks, self.settings.jobs))
        self.steps += sum(self.count_steps(attempt, trial) for trial in trials)
        early = attempt.trials
        attempt = replace(attempt, trials=trials, verdict="original")
        failures = [trial.failure for trial in trials if trial.failure]
        known = [finding for finding in list_targets(attempt) if finding.severity != "info"]
        if not self.attempts and failures and not known:
            raise ValueError(
                "The model must be able to train on the data, or a rule must know why it cannot. "
                f"Received: a model whose `fit` raised {failures[0]}"
            )
        if len(failures) == len(trials):
            attempt = replace(attempt, verdict=f"failed: {failures[0]}")
        elif self.attempts:
            original = self.attempts[0]
            error = score.measure_error(*([trial.score for trial in each.trials] for each in (original, attempt)))
            verdict = score.judge(original.scores, attempt.scores, error)
            attempt = replace(attempt, verdict="not shown" if is_judged_by_faulty_loss(attempt) else verdict)
        if early:  # what it cost to get here
            self.attempts.append(replace(attempt, trials=early, verdict="went on"))
        self.attempts.append(attempt)
        return attempt

    def _inspect(self, attempts: Sequence[Attempt]) -> list[Findings | str]:
        return list(run_grid(try_draft, [(attempt.frozen,) for attempt in attempts], self.settings.jobs))

    def _make_folder(self, attempt: Attempt, seed: int, suffix: str) -> Path | None:
        if self.settings.folder is None:
            return None
        name = "-".join(["original", *attempt.changes] if not attempt.changes else attempt.changes)
        safe = "".join(c if c.isalnum() or c in "-." else "_" for c in name)
        folder = self.settings.folder / f"{safe}{suffix}" / f"seed_{seed}"
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def _notify(self, text: str) -> None:
        self.settings.notify(text, self.steps / self.unit / self.settings.max_trainings)


def _list_known(base: Attempt, seen: Findings) -> set[str]:
    """Errors of what changes are put on: what followed from a cause that is gone now is no new fault."""
    return {f.rule for f in [*seen.list_all(), *base.findings.list_all()] if f.severity == "error"}


def _list_errors(attempt: Attempt) -> set[str]:
    return {finding.rule for finding in attempt.findings if finding.severity == "error"}


def _rank(attempt: Attempt) -> tuple[float, float]:
    """What candidates are sorted by: scores that are alike to rounding leave them in the catalogue's order."""
    last = attempt.trials[-1].score
    return round(last.value, 3), round(last.raw, 3)
