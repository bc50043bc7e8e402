"""Names of templates, with a namespace before them and a tag behind, as E2B reads them."""

import re
import uuid

from evolve_pulumi.local.cloud import Cloud
from evolve_pulumi.local.e2b.bodies import VENDOR
from evolve_pulumi.local.e2b.errors import E2BError
from evolve_pulumi.local.errors import NotFoundError
from evolve_pulumi.local.records import Snapshot
from evolve_pulumi.local.templates import DEFAULT_TAG, Build, Template

NAMESPACE = "local"
"""What stands before the names of the one team that there is."""
NAME = re.compile(r"[a-z0-9-_]+")
TAG = re.compile(r"[a-z0-9-_.]+")


def parse(reference: str) -> tuple[str, str | None]:
    """A name or an id, and the tag where one is given; raises E2BError, or NotFoundError for another namespace."""
    written, separator, tag = reference.strip().lower().partition(":")
    namespace, slash, name = written.rpartition("/")
    if slash and namespace != NAMESPACE:
        raise NotFoundError(f"Template '{reference}' not found: its namespace is not your team's, '{NAMESPACE}'")
    if not NAME.fullmatch(name):
        raise E2BError(400, f"invalid template ID: {reference}")
    if separator and not TAG.fullmatch(tag):
        raise E2BError(400, f"invalid tag: {tag}")
    return name, tag if separator else None


def tags(given: list[str]) -> list[str]:
    """Tags, each once; raises E2BError."""
    found = [tag.strip().lower() for tag in given]
    for tag in found:
        if not TAG.fullmatch(tag):
            raise E2BError(400, f"invalid tag '{tag}'")
        if is_uuid(tag):
            raise E2BError(400, f"invalid tag '{tag}': tag cannot be a UUID")
    return list(dict.fromkeys(found))


def full(name: str) -> str:
    """A name with its namespace."""
    return f"{NAMESPACE}/{name}"


def is_uuid(text: str) -> bool:
    """Whether a text is a UUID."""
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True


def find_template(cloud: Cloud, reference: str) -> Template:
    """A template by its name or id; raises E2BError or NotFoundError."""
    return cloud.templates.find(VENDOR, parse(reference)[0])


def find_build(cloud: Cloud, reference: str) -> tuple[Template, Build]:
    """A template with the build that the tag behind its name points to; raises E2BError or NotFoundError."""
    name, tag = parse(reference)
    template = cloud.templates.find(VENDOR, name)
    return template, template.tagged(tag or DEFAULT_TAG)


def find_snapshot(cloud: Cloud, reference: str) -> Snapshot:
    """What a sandbox of a template is made from; raises E2BError or NotFoundError."""
    name, tag = parse(reference)
    return cloud.find_snapshot(VENDOR, name if tag in (None, DEFAULT_TAG) else f"{name}:{tag}")
