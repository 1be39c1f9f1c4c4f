"""The `keras-vg` command."""

import contextlib
import json
import math
import os
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from keras_vg.logs.compare import compare as compare_runs
from keras_vg.logs.reader import expand

# Commands import in their own body what others do not need: `compare` must not wait for matplotlib.
from keras_vg.text import make_printable

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Logs = Annotated[
    list[Path], typer.Argument(help="Logs: CSV files, or quoted patterns such as 'runs/*.csv'.", show_default=False)
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


@app.callback()
def _main() -> None:
    """See which layer of a Keras model stopped learning, from the logs that keras_vg's callbacks wrote."""


@app.command(epilog="Example: keras-vg compare sigmoid_gradients.csv relu_gradients.csv --by depth")
def compare(
    logs: Logs,
    value: Annotated[str | None, typer.Option(help="Column to compare. [default: the log's main column]")] = None,
    by: Annotated[
        list[str] | None, typer.Option(help="Column that makes a row; repeatable. [default: epoch, depth]")
    ] = None,
    rows: Annotated[int, typer.Option(min=0, help="Most rows to print, the first and the last; 0 for all.")] = 100,
    as_json: AsJson = False,
) -> None:
    """Sets runs side by side, per epoch and layer, with each run's ratio to the first."""
    with _exit_on_mistake():
        table = compare_runs(logs, value, by)
    if as_json:
        flat = table.set_axis(["/".join(column) for column in table.columns], axis="columns").reset_index()
        _print_json(flat.to_dict("records"))
        return
    name = table.columns[0][0]
    long = table.stack("run", future_stack=True)[[name, "ratio"]].reset_index()
    shown = Table(caption=f"mean |{name}|; ratio to {_show(table[name].columns[0])}", caption_justify="left")
    for heading in long.columns:
        shown.add_column(str(heading), overflow="fold")
    left_out = max(0, len(long) - rows) if rows else 0
    head = (rows + 1) // 2
    for index, (*keys, mean, ratio) in enumerate(long.itertuples(index=False)):
        if left_out and head <= index < head + left_out:
            if index == head:
                shown.add_row(*["…"] * long.shape[1])
            continue
        shown.add_row(*(_show(key) for key in keys), f"{mean:.4g}", f"{ratio:.4g}")
    Console().print(shown)
    if left_out:
        typer.echo(
            f"{left_out:,} of {len(long):,} rows left out: --rows 0 prints all, --json is for programs.", err=True
        )


@app.command(epilog="Example: keras-vg diagnose gradients.csv history.csv && echo healthy")
def diagnose(logs: Logs, as_json: AsJson = False) -> None:
    """Says what is wrong with each run. Exit status: 0 healthy, 1 a finding of severity error, 2 bad input.

    Logs of one run (gradients, activations, a CSVLogger's history) are judged together: all files if no two are of one
    type, otherwise those whose names differ in the word for the type only (a_gradients.csv and a_history.csv, or
    gradients_a.csv and history_a.csv).
    """
    from keras_vg.diagnosis.rules import diagnose as diagnose_run
    from keras_vg.logs.runs import read_run_logs

    with _exit_on_mistake():
        runs = read_run_logs(_expand(logs))
        results = {run.name: diagnose_run(*run.tables.values()) for run in runs}
    if as_json:
        records = [{"run": name, **_list_findings(findings)} for name, findings in results.items()]
        _print_json(records)
    else:
        console = Console()
        for name, findings in results.items():
            console.print(f"[bold]{escape(name)}[/]", highlight=False)
            # A table without rows is not shown at all, its title included.
            console.print(findings if findings else escape(str(findings)), "", highlight=False)
        _point_to_explanations(*results.values())
    raise typer.Exit(0 if all(findings.is_healthy for findings in results.values()) else 1)


@app.command(epilog="Example: keras-vg explain vanishing_gradient")
def explain(
    rules: Annotated[list[str], typer.Argument(help="Names of rules, as findings have them.", show_default=False)],
    as_json: AsJson = False,
) -> None:
    """Says what a rule sees, its thresholds and where they come from, what explains it, and what cures it."""
    from keras_vg.cures.called_for import FOR_RULE, NO_REMEDY
    from keras_vg.diagnosis import explain as explaining

    with _exit_on_mistake():
        names = [explaining.find_rule(rule) for rule in rules]
    if as_json:
        _print_json([explaining.make_record(name, FOR_RULE.get(name, ())) for name in names])
        return
    width = min(Console().width, 100)
    texts = [explaining.explain(name, FOR_RULE.get(name, ()), NO_REMEDY.get(name, ""), width) for name in names]
    typer.echo("\n\n".join(texts))


@app.command(epilog="Example: keras-vg plot sigmoid_gradients.csv relu_gradients.csv --decay 0.25 -o gradients.svg")
def plot(
    logs: Logs,
    output: Annotated[Path, typer.Option("--output", "-o", help="Picture to write: .png, .svg or .pdf.")],
    decay: Annotated[float | None, typer.Option(help="Predicted factor per layer, drawn beside gradients.")] = None,
    as_json: AsJson = False,
) -> None:
    """Draws the plots that fit the type of the logs."""
    with _exit_on_mistake():
        _check_picture(output)
        from keras_vg.logs.runs import join_run_logs, read_run_logs
        from keras_vg.logs.schemas import LOG_TYPES
        from keras_vg.plots import choose_panels, draw_panels

        runs = read_run_logs(_expand(logs))
        tables = [table for log_type in LOG_TYPES if (table := join_run_logs(runs, log_type)) is not None]
        panels = [panel for table in tables for panel in choose_panels(table, decay)]
        draw_panels(panels).savefig(output, dpi=150)
    if as_json:
        titles = [panel.title for panel in panels]
        _print_json({"output": str(output), "runs": [run.name for run in runs], "plots": titles})
    else:
        typer.echo(f"{output}: {len(panels)} plots")


@app.command(epilog="Example: keras-vg report runs/*.csv -o report.html")
def report(
    logs: Logs,
    output: Annotated[Path, typer.Option("--output", "-o", help="HTML file to write.")] = Path("report.html"),
    title: Annotated[str, typer.Option(help="The report's heading.")] = "Training report",
    follow: Annotated[bool, typer.Option("--follow", help="Write it anew at every epoch, until Ctrl-C.")] = False,
    as_json: AsJson = False,
) -> None:
    """Writes findings, plots and tables of one or several runs into one HTML file that opens from disk.

    With --follow, logs may not exist yet, and the page that is open in a browser reloads itself.
    """
    from keras_vg.report import write_report

    if follow:
        with _exit_on_mistake():
            if as_json:
                raise ValueError("--follow goes on, and --json prints once. Received: both. Leave one of them out.")
            _check_folder(output)
            from keras_vg.report.following import follow_report
            from keras_vg.signals import end_by_exception

            with contextlib.suppress(KeyboardInterrupt), end_by_exception():
                follow_report(logs, output, title, typer.echo)
        return
    with _exit_on_mistake():
        _check_folder(output)
        write_report(_expand(logs), output, title)
    size = output.stat().st_size
    if as_json:
        _print_json({"output": str(output), "bytes": size})
    else:
        typer.echo(f"{output}: {size / 1e6:.2f} MB")


@app.command(epilog="Example: keras-vg watch 'runs/*.csv'")
def watch(
    logs: Annotated[
        list[Path],
        typer.Argument(help="Logs, which need not exist yet, or patterns such as 'runs/*.csv'.", show_default=False),
    ],
    once: Annotated[bool, typer.Option("--once", help="Print the present state and end.")] = False,
    no_color: Annotated[bool, typer.Option("--no-color", help="Without colours, as with NO_COLOR set.")] = False,
    interval: Annotated[float, typer.Option(min=0.1, help="Seconds between two looks at the files.")] = 0.5,
    picture: Annotated[Path, typer.Option(help="Picture that the key s writes: .png, .svg or .pdf.")] = Path(
        "watch.png"
    ),
    as_json: AsJson = False,
) -> None:
    """Shows runs in the terminal while they train: layers, losses, findings. Exit status: 0 left, 2 bad input.

    Keys: q quits, the arrows choose a layer and a run, m changes what the map shows, s writes a picture. If the output
    is no terminal, the present state is printed once.
    """
    from keras_vg.watch import listing, live

    console = Console(no_color=True) if no_color else Console()
    with _exit_on_mistake():
        _check_picture(picture)
        if not (as_json or once) and sys.stdout.isatty() and not console.is_dumb_terminal:
            try:
                live.watch_live(logs, console, picture, interval)
            except KeyboardInterrupt:
                raise typer.Exit(130) from None
            return
        state = live.read_state(_expand(logs))
    if as_json:
        _print_json(listing.list_state(state))
    else:
        live.print_state(state, console)


@app.command(epilog="Example: keras-vg reproduce A1 F --quick")
def reproduce(
    claims: Annotated[
        list[str] | None, typer.Argument(help="Claims (A1), groups (A) or names; all by default.", show_default=False)
    ] = None,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for logs, pictures and RESULTS.md.")] = Path(
        "runs/results"
    ),
    seeds: Annotated[
        int | None, typer.Option(min=1, help="Seeds per experiment. [default: that of the experiment]")
    ] = None,
    jobs: Annotated[int | None, typer.Option(help="Processes, -1 for one per core.")] = None,
    quick: Annotated[bool, typer.Option(help="Leave out what takes long and no verdict needs.")] = False,
    as_json: AsJson = False,
) -> None:
    """Runs the experiments behind textbook claims. Exit status: 1 if a verdict is not the expected one, 2 bad input."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # TensorFlow reads it once, when it is first imported
    from keras_vg.reproductions import find_reproductions
    from keras_vg.reproductions.run_all import reproduce as reproduce_claims

    with _exit_on_mistake():
        find_reproductions(claims or [])
        output.mkdir(parents=True, exist_ok=True)
    with contextlib.redirect_stdout(sys.stderr) if as_json else contextlib.nullcontext():
        results = reproduce_claims(claims or (), output, seeds, jobs, quick)
    if as_json:
        _print_json([vars(verdict) for result in results for verdict in result.verdicts])
    surprises = [line for result in results for line in result.list_surprises()]
    for line in surprises:
        typer.echo(line, err=True)
    raise typer.Exit(1 if surprises else 0)


@app.command(epilog="Example: keras-vg inspect model.keras data.npz")
def inspect(
    model: Annotated[Path, typer.Argument(help="A compiled model, a .keras file.", show_default=False)],
    data: Annotated[Path, typer.Argument(help="A .npz file with x and y.", show_default=False)],
    examples: Annotated[int, typer.Option(min=1, help="Examples to look at, the first ones.")] = 256,
    as_json: AsJson = False,
) -> None:
    """Says what is wrong with a model before its training. Exit status: 0 healthy, 1 an error found, 2 bad input.

    The model is loaded in Keras's safe mode: no code of the file's own is run.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # TensorFlow reads it once, when it is first imported
    import keras_vg

    with _exit_on_mistake():
        from keras_vg.cures import files

        arrays = files.load_arrays(data)
        loaded = files.load_compiled(model)
        findings = keras_vg.diagnose(keras_vg.inspect(loaded, arrays["x"][:examples], arrays["y"][:examples]))
        for sentence in files.list_nonfinite_rows(arrays):  # in the rows that were not looked at, too
            typer.echo(f"Warning: {sentence}", err=True)
        if len(arrays["x"]) > examples:
            typer.echo(f"{examples} of {len(arrays['x']):,} examples were looked at: --examples takes more.", err=True)
    if as_json:
        _print_json(_list_findings(findings))
    else:
        Console().print(findings if findings else escape(str(findings)), highlight=False)
        _point_to_explanations(findings)
    raise typer.Exit(0 if findings.is_healthy else 1)


@app.command(epilog="Example: keras-vg cure model.keras data.npz -o cured.keras")
def cure(
    model: Annotated[Path, typer.Argument(help="A compiled model, a .keras file.", show_default=False)],
    data: Annotated[
        Path, typer.Argument(help="A .npz file with x and y, perhaps x_val and y_val.", show_default=False)
    ],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Where to save the cured model, trained once more.")
    ] = None,
    report: Annotated[Path | None, typer.Option(help="HTML file to write the trials to.")] = None,
    epochs: Annotated[int, typer.Option(min=1, help="Epochs of a full training.")] = 20,
    batch_size: Annotated[int, typer.Option(min=1, help="Examples per step.")] = 32,
    seeds: Annotated[int, typer.Option(help="Seeds that a change is proven on.")] = 3,
    max_trainings: Annotated[float, typer.Option(help="Budget, in full trainings of all seeds.")] = 8.0,
    jobs: Annotated[int | None, typer.Option(help="Processes, -1 for one per core.")] = None,
    folder: Annotated[Path | None, typer.Option(help="Folder for the logs of all trainings.")] = None,
    as_json: AsJson = False,
) -> None:
    """Finds changes with which a model learns, and proves them. Exit status: 0 healthy or proven, 1 not, 2 bad input.

    The model is loaded in Keras's safe mode, and its file stays as it is.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    import keras_vg

    with _exit_on_mistake():
        from keras_vg.cures import files

        if output is not None:
            files.check_output(output)
        if report is not None:
            _check_folder(report)
        arrays = files.load_arrays(data)
        found = keras_vg.cure(
            files.load_compiled(model),
            arrays["x"],
            arrays["y"],
            files.get_validation(arrays),
            epochs=epochs,
            batch_size=batch_size,
            seeds=seeds,
            sample_weight=arrays.get("sample_weight"),
            max_trainings=max_trainings,
            jobs=jobs,
            folder=folder,
        )
        if not as_json:
            typer.echo(make_printable(str(found)))
        written = output if found.changes else None
        if written is not None:
            files.save_cured(found, written)
            typer.echo(f"{written}: the cured model, trained for {epochs} epochs", err=as_json)
        elif output is not None:
            typer.echo(f"{output}: not written, for there is no change", err=as_json)
        if report is not None:
            keras_vg.write_report([], report, "Cure", found)
            typer.echo(f"{report}: {report.stat().st_size / 1e6:.2f} MB", err=as_json)
    if as_json:
        _print_json(_list_cure(found) | {"output": written and str(written), "report": report and str(report)})
    raise typer.Exit(0 if found.status in ("healthy", "proven") else 1)


@contextlib.contextmanager
def _exit_on_mistake() -> Iterator[None]:
    """Prints an error of the input as one line with exit status 2, and each warning as one line."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        try:
            yield
        except (OSError, ValueError) as error:
            typer.echo(f"Error: {error}", err=True)
            raise typer.Exit(2) from None
        finally:
            for warning in caught:
                typer.echo(f"Warning: {warning.message}", err=True)


def _check_picture(path: Path) -> None:
    if path.suffix.lower() not in (".png", ".svg", ".pdf"):
        raise ValueError(
            f"The picture must be a .png, .svg or .pdf file. Received: {str(path)!r}. Give it such an ending."
        )
    _check_folder(path)


def _check_folder(path: Path) -> None:
    if not path.parent.is_dir():
        raise FileNotFoundError(
            f"The folder of a file to write must exist. Received: {str(path)!r}. Make it first, or name another."
        )


def _list_findings(findings: Any) -> dict[str, Any]:
    """Findings as `--json` prints them."""
    from keras_vg.diagnosis.findings import make_record

    return {
        "is_healthy": findings.is_healthy,
        "verdict": findings.verdict,
        "figures": findings.figures,
        "findings": [make_record(finding) for finding in findings],
    }


def _point_to_explanations(*several: Any) -> None:
    """Says once where more is said of the first rule that found something."""
    first = next((finding.rule for findings in several for finding in findings), None)
    if first is not None:
        typer.echo(f"keras-vg explain {first} says what the rule sees, by which thresholds, and what cures it.")


def _list_cure(found: Any) -> dict[str, Any]:
    """A cure as `--json` prints it."""
    names = ("status", "changes", "code", "scores_before", "scores_after", "cost", "notes")
    return {name: getattr(found, name) for name in names} | {
        "findings_before": _list_findings(found.findings_before)["findings"],
        "findings_after": _list_findings(found.findings_after)["findings"],
        "trials": found.trials.to_dict("records"),
    }


def _show(name: object) -> str:
    return escape(make_printable(str(name)))


def _expand(logs: list[Path]) -> list[Path]:
    return [path for log in logs for path in expand(log)]


def _print_json(value: Any) -> None:
    json.dump(_make_json(value), sys.stdout, indent=2, allow_nan=False)
    typer.echo()


def _make_json(value: Any) -> Any:
    """Replaces NaN and infinities, which JSON does not have, by strings that Python's `float` reads."""
    if isinstance(value, dict):
        return {str(key): _make_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_make_json(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return value.item() if hasattr(value, "item") else value
