"""What the rules found: one `Finding` per fault, and `Findings` as text, as a rich table or as a DataFrame."""

import html
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

import pandas as pd
from rich.markup import escape
from rich.table import Table

Severity: TypeAlias = Literal["error", "warning", "info"]
Value: TypeAlias = "float | str"

SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")
"""From the worst to the mildest."""

NOT_JUDGED = ("gradients_not_seen", "loss_not_known")
"""Rules that find no fault, but that a part of the training could not be seen."""

_STYLES: dict[Severity, str] = {"error": "bold red", "warning": "bold yellow", "info": "cyan"}


@dataclass(frozen=True)
class Finding:
    """One fault that a rule found.

    Attributes:
        rule: Name of the rule, e.g. `"vanishing_gradient"`.
        severity: `"error"` if the model, as it stands, does not learn or will break; `"warning"` if it learns more
            slowly than it could or is at risk; `"info"` for what is worth knowing.
        layers: Names of the layers with the fault, in call order; empty if it is not a fault of layers.
        epoch: The first epoch at which the fault shows, None for an inspection or where there are no epochs.
        evidence: The values by which the rule judged, by name.
        advice: What to change in the Keras code.
        consequences: What else was found and follows from this fault; its severity is that of the worst of all.
    """

    rule: str
    severity: Severity
    layers: tuple[str, ...]
    epoch: int | None
    evidence: dict[str, Value]
    advice: str
    consequences: tuple["Finding", ...] = ()

    def __str__(self) -> str:
        lines = [f"{self.severity}: {describe(self)}", describe_evidence(self), self.advice]
        if self.consequences:
            lines.append(describe_consequences(self))
        return "\n    ".join(lines)


class Findings(list[Finding]):
    """The findings of a diagnosis, one per cause, the worst first; what follows from it stands under it.

    Args:
        findings: The findings.
        figures: The main metrics of the run, by name; `gradient_ratio` is that of the last epoch.
        is_judged: Whether there was anything to judge, as there is not before a training's first epoch has ended.

    Example:
        >>> findings = Findings([], figures={"gradient_ratio": 0.8})
        >>> findings.is_healthy
        True
        >>> print(findings)
        healthy: nothing found (gradient_ratio 0.8)
    """

    def __init__(
        self, findings: Iterable[Finding] = (), figures: Mapping[str, float] | None = None, is_judged: bool = True
    ) -> None:
        super().__init__(sorted(findings, key=lambda finding: SEVERITIES.index(finding.severity)))
        self.figures: dict[str, float] = dict(figures or {})
        self.is_judged = is_judged

    @property
    def is_healthy(self) -> bool:
        """Whether nothing of severity `"error"` was found, in a training that could be judged."""
        return self.verdict == "healthy"

    @property
    def verdict(self) -> Literal["healthy", "sick", "not judged"]:
        """`"sick"` with an error; `"not judged"` without, if nothing was judged or a finding says what was not seen."""
        if any(finding.severity == "error" for finding in self):
            return "sick"
        is_unseen = not self.is_judged or any(finding.rule in NOT_JUDGED for finding in self)
        return "not judged" if is_unseen else "healthy"

    def list_all(self) -> list[Finding]:
        """Lists all findings, each cause followed by its consequences, as if none had any."""
        return [replace(finding, consequences=()) for cause in self for finding in (cause, *cause.consequences)]

    def to_frame(self) -> pd.DataFrame:
        """Returns the findings as a table.

        Returns:
            A DataFrame with the columns `rule, severity, layers, epoch, evidence, advice, follows_from`, one row per
            finding: `layers` and `evidence` as text, `epoch` as a nullable integer. What follows from a cause stands
            below it, with the cause's rule in `follows_from`, which is empty for the cause.
        """
        rows = [
            (f.rule, f.severity, ", ".join(f.layers), f.epoch, describe_evidence(f), f.advice, origin)
            for cause in self
            for f, origin in ((cause, ""), *((consequence, cause.rule) for consequence in cause.consequences))
        ]
        columns = ["rule", "severity", "layers", "epoch", "evidence", "advice", "follows_from"]
        return pd.DataFrame(rows, columns=columns).astype({"epoch": "Int64"})

    def __str__(self) -> str:
        lines = [self._summarise(), *map(str, self)]
        return "\n".join(lines)

    def __rich__(self) -> Table:
        # Two columns without lines: a layer's long name keeps in one piece in a terminal of 80 columns.
        title = escape(self._summarise())
        table = Table(title=title, title_justify="left", box=None, show_header=False, padding=(0, 1, 1, 0))
        table.add_column("severity", no_wrap=True)
        table.add_column("finding", overflow="fold")
        for finding in self:
            style = _STYLES[finding.severity]
            texts = (describe_evidence(finding), finding.advice, describe_consequences(finding))
            lines = [f"[bold]{escape(describe(finding))}[/]", *(escape(text) for text in texts if text)]
            table.add_row(f"[{style}]{finding.severity}[/]", "\n".join(lines))
        return table

    def _repr_html_(self) -> str:
        with pd.option_context("display.max_colwidth", None):
            table = self.to_frame().to_html(index=False, escape=True, na_rep="") if self else ""
        return f"<p>{html.escape(self._summarise())}</p>{table}"

    def _summarise(self) -> str:
        metrics = ", ".join(f"{name} {format_value(value)}" for name, value in self.figures.items())
        shown = f" ({metrics})" if metrics else ""
        if not self.is_judged:
            return "not judged: no epoch has ended yet"
        if not self:
            return f"healthy: nothing found{shown}"
        counts = {s: sum(finding.severity == s for finding in self) for s in SEVERITIES}
        parts = [f"{count} {s}{'s' if count > 1 and s != 'info' else ''}" for s, count in counts.items() if count]
        return f"{self.verdict}: {', '.join(parts)}{shown}"


def describe(finding: Finding) -> str:
    """Names a finding's rule, layers and epoch in one line.

    Args:
        finding: The finding.

    Returns:
        E.g. `"vanishing gradient in dense to dense_8 (9 layers), from epoch 0"`.
    """
    where = ""
    if len(finding.layers) > 3:
        where = f" in {finding.layers[0]} to {finding.layers[-1]} ({len(finding.layers)} layers)"
    elif finding.layers:
        where = f" in {', '.join(finding.layers)}"
    when = "" if finding.epoch is None else f", from epoch {finding.epoch}"
    return f"{finding.rule.replace('_', ' ')}{where}{when}"


def describe_consequences(finding: Finding) -> str:
    """Names what follows from a finding in one line.

    Args:
        finding: The finding.

    Returns:
        E.g. `"follows: dead relu in dense_3, from epoch 0; loss does not fall"`; empty if nothing does.
    """
    texts = [describe(consequence) for consequence in finding.consequences]
    return f"follows: {'; '.join(texts)}" if texts else ""


def make_record(finding: Finding) -> dict[str, Any]:
    """Makes plain values of a finding, as `--json` prints them; its consequences likewise."""
    consequences = [make_record(consequence) for consequence in finding.consequences]
    return {**vars(finding), "layers": list(finding.layers), "consequences": consequences}


def describe_evidence(finding: Finding) -> str:
    """Writes a finding's evidence in one line.

    Args:
        finding: The finding.

    Returns:
        E.g. `"gradient ratio 1.7e-08, factor per layer 0.237"`.
    """
    return ", ".join(f"{name.replace('_', ' ')} {format_value(value)}" for name, value in finding.evidence.items())


def format_value(value: Value) -> str:
    """Writes a value as text.

    Args:
        value: A number or a text.

    Returns:
        Numbers with three significant digits, texts as they are.
    """
    return value if isinstance(value, str) else f"{value:.3g}"
