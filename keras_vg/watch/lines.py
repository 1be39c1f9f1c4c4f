"""Lines of styled text that are quick to make and to compare, and a screen that rewrites only what has changed."""

from collections.abc import Iterable, Iterator

from rich.cells import cell_len, set_cell_size
from rich.console import Console, ConsoleOptions, RenderResult
from rich.control import Control
from rich.segment import Segment
from rich.style import Style


class Line:
    """One line: pieces of text, each with a style.

    Example:
        >>> line = Line("loss ").add("0.7", "bold")
        >>> line.plain, line.width
        ('loss 0.7', 8)
    """

    def __init__(self, text: str = "", style: str = "") -> None:
        self.segments: list[Segment] = []
        self.width = 0
        self.add(text, style)

    @property
    def plain(self) -> str:
        """The text without styles."""
        return "".join(segment.text for segment in self.segments)

    def add(self, text: str, style: str = "") -> "Line":
        """Adds a piece.

        Args:
            text: Its text; line ends and tabs become spaces.
            style: Its style, as Rich writes it.

        Returns:
            The line itself.
        """
        if text:
            text = text.replace("\n", " ").replace("\t", " ")
            self.segments.append(Segment(text, Style.parse(style)))
            self.width += cell_len(text)
        return self

    def join(self, other: "Line") -> "Line":
        """Adds another line's pieces; returns the line itself."""
        self.segments += other.segments
        self.width += other.width
        return self

    def fit(self, width: int, rest: str = "") -> "Line":
        """Cuts the line, or fills it with spaces, to a number of cells.

        Args:
            width: The cells.
            rest: A character at the end of a line that is cut.

        Returns:
            The line itself.
        """
        if self.width < width:
            return self.add(" " * (width - self.width))
        if self.width > width:
            left, kept = width - len(rest), []
            for segment in self.segments:
                size = cell_len(segment.text)
                text = segment.text if size <= left else set_cell_size(segment.text, left)
                kept.append(Segment(text, segment.style))
                left -= min(size, left)
                if not left:
                    break
            self.segments = kept
            self.width = width
            if rest:
                self.segments.append(Segment(rest, None))
        return self

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield from self.segments
        yield Segment.line()


class LiveScreen:
    """The terminal's alternate screen, of which only the pieces that have changed are written.

    Args:
        console: The terminal, in its alternate screen.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._shown: list[dict[int, Segment]] = []

    def clear(self) -> None:
        """Clears the screen: what was on it is unknown, since its size has changed."""
        self._console.control(Control.clear())
        self._shown = []

    def show(self, lines: Iterable[Line]) -> None:
        """Shows lines, from the top of the screen; all are as wide as the screen.

        Args:
            lines: The lines.
        """
        pieces = [_find_columns(line) for line in lines]
        shown = self._shown + [{}] * (len(pieces) - len(self._shown))
        segments = [
            segment
            for row, (new, old) in enumerate(zip(pieces, shown, strict=False))
            for segment in _list_changes(row, new, old)
        ]
        if segments:
            self._console.print(_Pieces(segments), end="", crop=False, soft_wrap=True)
        self._shown = pieces


class _Pieces:
    def __init__(self, segments: list[Segment]) -> None:
        self._segments = segments

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield from self._segments


def _find_columns(line: Line) -> dict[int, Segment]:
    """The pieces of a line by the column at which they begin."""
    pieces, column = {}, 0
    for segment in line.segments:
        pieces[column] = segment
        column += cell_len(segment.text)
    return pieces


def _list_changes(row: int, new: dict[int, Segment], old: dict[int, Segment]) -> Iterator[Segment]:
    """The pieces that are not there yet, each behind a move of the cursor unless it follows the one before."""
    position = -1
    for column, segment in new.items():
        if old.get(column) == segment:
            continue
        if column != position:
            yield Control.move_to(column, row).segment
        yield segment
        position = column + cell_len(segment.text)
