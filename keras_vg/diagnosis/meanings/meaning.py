"""What a rule sees, in words."""

from typing import NamedTuple


class Meaning(NamedTuple):
    """What a rule sees.

    Attributes:
        sees: What it sees, in two sentences.
        severity: When a finding is an error, a warning or for information.
        thresholds: Names of the thresholds that it compares with.
    """

    sees: str
    severity: str
    thresholds: tuple[str, ...] = ()
