"""The one exception a user is meant to read, and the wording all its messages share."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager


class SimfactorError(ValueError):
    """A mistake in what the user gave: the message names the value, what is allowed and the remedy.

    The command line prints it without a traceback and exits with status 2.
    """


def unknown_name(kind: str, got: object, allowed: Iterable[str]) -> SimfactorError:
    """An error for a name that is not one of a known set, with the closest match as the remedy.

    Example: ``unknown_name("factor", "light_azimut", ["light_azimuth"])`` reads
    ``unknown factor 'light_azimut'; allowed: light_azimuth. Did you mean 'light_azimuth'?``
    """
    names = [str(name) for name in allowed]
    message = f"unknown {kind} {got!r}; allowed: {', '.join(names) if names else '(none)'}."
    close = difflib.get_close_matches(str(got), names, n=1)
    if close:
        message += f" Did you mean {close[0]!r}?"
    return SimfactorError(message)


@contextmanager
def naming(place: str) -> Iterator[None]:
    """Put ``place`` (a factor, a key of a file) in front of the message of a SimfactorError from inside."""
    try:
        yield
    except SimfactorError as error:
        raise SimfactorError(f"{place}: {error}") from error
