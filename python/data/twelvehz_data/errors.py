"""The one error of the package."""

from __future__ import annotations

from typing import Literal

ErrorCode = Literal[
    "not-found",  # there is nothing under that path
    "not-a-corpus",  # something else, or a corpus that was not finished
    "unsupported",  # another version of the format, or a feature that this package lacks
    "damaged",  # a file that does not fit what the corpus says of it
    "model-mismatch",  # codes of another model than the one asked for
    "io",  # the storage failed
    "missing-package",  # an optional package that is not installed
]


class CorpusError(Exception):
    """Whatever is wrong with a corpus or its storage; misuse of a function is a `ValueError`,
    `TypeError` or `IndexError`.

    `code` says what kind, for programs. The message is one line: what was found, what is wanted,
    the remedy.
    """

    def __init__(self, code: ErrorCode, message: str) -> None:
        super().__init__(message)
        self.code: ErrorCode = code

    def __reduce__(self) -> tuple[type[CorpusError], tuple[ErrorCode, str]]:
        return (CorpusError, (self.code, str(self)))  # crosses from a worker of a DataLoader
