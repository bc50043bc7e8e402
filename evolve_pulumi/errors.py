"""Everything that evolve_pulumi raises.

EvolveError
├── ConfigurationError          the stack or the environment lacks something that only its owner can give
├── RefusedError                it could be done, but would lose or orphan something
├── UnsupportedError            the vendor has no such thing
├── NotReadyError               it exists and does not become what it was declared to be
├── UnfinishedError             it exists and is recorded, and not all of it is as declared: the next update goes on
└── VendorError                 the vendor's API refused, or did not answer
    ├── AuthenticationError     the credentials are not accepted
    ├── NotFoundError           there is no such object in this account
    ├── NameTakenError          another object has the name
    ├── BusyError               the object is changing state; later it works
    ├── QuotaError              the account's limits are reached; trying again does not help
    ├── RateLimitError          too many calls; trying again later helps
    └── UnreachableError        no answer, or a broken one: nobody knows whether the call was carried out
"""

from collections.abc import Mapping
from typing import Any, Self


class EvolveError(Exception):
    """Base class: what was being done to which resource, what went wrong, and what to do about it."""

    def __init__(self, words: str, *, remedy: str = "", details: str = "") -> None:
        super().__init__(words)
        self.words = words
        self.remedy = remedy
        self.details = details
        self.subject = ""

    def about(self, subject: str) -> Self:
        """Name the resource and the operation; the first to do so knows best."""
        self.subject = self.subject or subject
        return self

    def __str__(self) -> str:
        """One line: subject, words, remedy; and below it details, such as the end of a log."""
        sentence = f"{self.subject}: {self.words}" if self.subject else self.words
        line = f"{sentence.rstrip('.')}. {self.remedy}" if self.remedy else sentence
        return f"{line}\n{self.details}" if self.details else line


class ConfigurationError(EvolveError):
    """Configuration or credentials are missing or contradict each other."""


class RefusedError(EvolveError):
    """Refused here, before anything is lost."""


class UnsupportedError(EvolveError):
    """The vendor has no such thing; the remedy names what to use instead."""


class NotReadyError(EvolveError):
    """Something that was created does not come up."""


class UnfinishedError(EvolveError):
    """Something was made, not all of it, and is worth keeping: it is recorded as what it is, and finished later."""

    def __init__(self, cause: EvolveError, id: str, outs: Mapping[str, Any]) -> None:
        remedy = cause.remedy or "What is there is recorded, and the next `pulumi up` goes on from it."
        super().__init__(cause.words, remedy=remedy, details=cause.details)
        self.id = id
        self.outs = outs


class VendorError(EvolveError):
    """The vendor's API refused a call; `words` are the vendor's."""

    def __init__(
        self,
        words: str,
        *,
        remedy: str = "",
        status: int | None = None,
        retry_after_seconds: float | None = None,
    ) -> None:
        super().__init__(words, remedy=remedy)
        self.status = status
        self.retry_after_seconds = retry_after_seconds


class AuthenticationError(VendorError):
    """The vendor does not accept the credentials."""


class NotFoundError(VendorError):
    """The vendor knows no such object in this account."""


class NameTakenError(VendorError):
    """The name belongs to another object."""


class BusyError(VendorError):
    """The object is in the middle of another change."""


class QuotaError(VendorError):
    """A limit of the account is reached."""


class RateLimitError(VendorError):
    """Too many calls in too short a time."""


class UnreachableError(VendorError):
    """The call was not answered properly, so that its effect is unknown."""
