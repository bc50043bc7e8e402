"""Automatic names. An object without labels says in its name whose it is, so that sweep finds what a stack made."""

import hashlib
import re
import secrets

LONGEST = 63
MARKER_DIGITS = RANDOM_DIGITS = 6
CONTENT = re.compile(r"-[0-9a-f]{8}$")


def of_labelled(resource: str) -> str:
    """A new name for an object that carries its owner in labels: `web-1a2b3c4d`."""
    return _joined(slug(resource), secrets.token_hex(4))


def of_unlabelled(project: str, stack: str, resource: str, content: str | None = None) -> str:
    """A new name for an object that carries its owner here: `shop-dev-data-1a2b3cabcdef`.

    The suffix is a marker of the stack, since names of stacks run together, and random digits. `content` is what the
    object is made of, where a change of it makes another object.
    """
    parts = [project, stack, resource]
    suffix = f"{_marker(project, stack)}{secrets.token_hex(RANDOM_DIGITS // 2)}"
    if content is not None:
        suffix = f"{_hash(content)}-{suffix}"
    return _joined(slug("-".join(parts)), suffix)


def tagged(name: str, content: str) -> str:
    """A name with a tag that tells what the object is made from: `shop-dev-base-1a2b3c:d4e5f607`; it had another."""
    return f"{name.partition(':')[0]}:{_hash(content)}"


def resource_of(name: str, project: str, stack: str) -> str | None:
    """The resource, as its slug, that an unlabelled object of a stack was made for; None for any other object."""
    suffix = re.search(rf"-{_marker(project, stack)}[0-9a-f]{{{RANDOM_DIGITS}}}$", name)
    if suffix is None:
        return None
    stem, prefix = CONTENT.sub("", name[: suffix.start()]), slug(f"{project}-{stack}")
    # A long name was cut.
    shorter = min(len(stem), len(prefix))
    return stem[len(prefix) + 1 :] if stem[:shorter] == prefix[:shorter] else None


def slug(text: str) -> str:
    """A text in the letters that every vendor takes in names."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def _joined(stem: str, suffix: str) -> str:
    return f"{stem[: LONGEST - len(suffix) - 1]}-{suffix}"


def _hash(content: str) -> str:
    return hashlib.sha256(content.encode()).hexdigest()[:8]


def _marker(project: str, stack: str) -> str:
    return hashlib.sha256(f"{project}/{stack}".encode()).hexdigest()[:MARKER_DIGITS]
