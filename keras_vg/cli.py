"""The `keras-vg` command."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from keras_vg.tables import compare as compare_runs

app = typer.Typer(no_args_is_help=True, add_completion=True, help="See which layer of a Keras model stopped learning.")


@app.callback()
def _main() -> None:  # with a callback, a lone command keeps its name
    """See which layer of a Keras model stopped learning."""


@app.command()
def compare(
    logs: Annotated[list[Path], typer.Argument(help="Logs of one kind.")],
    value: Annotated[str | None, typer.Option(help="Column to compare; the log's main figure by default.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON, one record per row.")] = False,
) -> None:
    """Sets runs side by side, per epoch and layer, with each run's ratio to the first.

    Example: keras-vg compare sigmoid.csv relu.csv
    """
    try:
        table = compare_runs(logs, value)
    except (OSError, ValueError) as error:
        typer.echo(f"Error: {error}", err=True)
        raise typer.Exit(2) from None
    if json:
        flat = table.set_axis(["/".join(column) for column in table.columns], axis="columns")
        typer.echo(flat.reset_index().to_json(orient="records"))
        return
    name = table.columns[0][0]
    long = table.stack("run", future_stack=True)[[name, "ratio"]].reset_index()
    shown = Table(caption=f"mean |{name}|; ratio to {escape(str(table[name].columns[0]))}", caption_justify="left")
    for heading in long.columns:
        shown.add_column(str(heading), overflow="fold")
    for *keys, figure, ratio in long.itertuples(index=False):
        shown.add_row(*(escape(str(key)) for key in keys), f"{figure:.4g}", f"{ratio:.4g}")
    Console().print(shown)
