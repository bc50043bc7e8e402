"""What can go wrong on the way to an engine."""


class UnavailableError(Exception):
    """One way to an engine is closed; the message says why."""
