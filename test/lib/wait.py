"""Waiting for what another process brings about: by asking again, never by a fixed time."""

import time


class NotYet(Exception):
    """Raised by a condition that wants to say why it does not hold yet."""


def until(what, condition, seconds=90.0, every=0.1):
    """Returns the first true value of condition(). After `seconds` it is an AssertionError that names `what`
    and the last reason. What a condition raises because something is not there yet counts as false."""
    end = time.monotonic() + seconds
    reason = ""
    while True:
        try:
            value = condition()
            if value:
                return value
            reason = f"last answer: {value!r}"
        except (OSError, LookupError, ValueError, StopIteration, NotYet) as error:
            reason = f"{type(error).__name__}: {error}"
        if time.monotonic() > end:
            raise AssertionError(f"after {seconds:.0f} s still not: {what} ({reason})")
        time.sleep(every)


def stays(what, ask, expected, rounds, every=0.2):
    """Asks `rounds` times; an AssertionError at the first answer that is not `expected`."""
    for _ in range(rounds):
        answer = ask()
        if answer != expected:
            raise AssertionError(f"{what}: not any more; expected {expected!r}, got {answer!r}")
        time.sleep(every)
