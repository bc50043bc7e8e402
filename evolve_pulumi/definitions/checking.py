"""A file's value against a TypedDict: every mistake at its place, with what was probably meant."""

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from evolve_pulumi.definitions import tree
from evolve_pulumi.definitions.tree import FileError, Problem, Tree
from evolve_pulumi.errors import ConfigurationError
from evolve_pulumi.spelling import closest

T = TypeVar("T")
Contradictions = Iterable[tuple[tree.Path, str]]
"""Paths of values that are wrong together with others, and why."""


def text_of(file: Path) -> str:
    """A file's text; raises ConfigurationError where there is none."""
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "is not UTF-8"
        raise ConfigurationError(f"{file}: {reason}") from None


def checked(kind: type[T], found: Tree, value: Any, file: str, contradictions: Callable[[T], Contradictions]) -> T:
    """The value as the type has it; raises FileError with all that is wrong."""
    adapter = _adapter(kind)
    try:
        result = adapter.validate_python(value)
    except ValidationError as error:
        schema = adapter.json_schema()
        raise FileError(file, list(_problems(error, found, schema))) from None
    if problems := [found.problem(path, reason) for path, reason in contradictions(result)]:
        raise FileError(file, problems)
    return result


@functools.cache
def _adapter(kind: type) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def _problems(error: ValidationError, found: Tree, schema: Mapping[str, Any]) -> Iterator[Problem]:
    for item in error.errors(include_url=False):
        path = tuple(part for part in item["loc"] if part != "[key]")
        yield found.problem(path, _reason(dict(item), path, schema))


def _reason(item: Mapping[str, Any], path: tree.Path, schema: Mapping[str, Any]) -> str:
    given, context = item["input"], item.get("ctx", {})
    match item["type"]:
        case "extra_forbidden":
            return f"is not known here{suggestion(str(path[-1]), keys_at(schema, path[:-1]))}"
        case "missing":
            return "is required"
        case "string_type" if given is None:
            return "is empty; give it a value, or take it away"
        case "string_type" if isinstance(given, bool | int | float):
            return f"is to be a text; write it in quotes: {_quoted(given)}"
        case "string_type":
            return f"is to be a text, and is {_kind(given)}"
        case "dict_type" | "mapping_type":
            return f"is to be a mapping of keys to values, and is {_kind(given)}"
        case "list_type" | "sequence_str" | "is_instance_of":
            return f"is to be a list, and is {_kind(given)}; each item begins with `- `"
        case "int_parsing" | "int_type" | "float_parsing" | "float_type" | "int_from_float":
            return f"is to be a number, and is {_kind(given)}"
        case "bool_parsing" | "bool_type":
            return f"is to be true or false, and is {_kind(given)}"
        case "literal_error":
            known = [word.strip("'") for word in str(context["expected"]).replace(" or ", ", ").split(", ")]
            return f"is to be {' or '.join(known)}{suggestion(str(given), known)}"
        case "string_pattern_mismatch":
            return f"{given!r} {PATTERNS.get(str(context['pattern']), 'is not of the form ' + str(context['pattern']))}"
        case "string_too_short" | "too_short":
            return "is empty; give it a value, or take it away"
        case "greater_than_equal" | "less_than_equal" | "greater_than":
            return f"is {given}, and {item['msg'].removeprefix('Input ').replace('should be', 'has to be')}"
        case _:
            return str(item["msg"]).removeprefix("Value error, ")


PATTERNS = {
    r"^[A-Za-z_][A-Za-z0-9_]*$": "is not the name of an environment variable: letters, digits and _",
    r"^[a-z][a-z0-9-]{0,39}$": "is not a name: small letters, digits and -, a letter first",
    r"^[1-9][0-9]{0,5}[mhd]$": "is not a time: a number and m, h or d, as in 90m, 12h or 3d",
    r"^/.": "is not an absolute path: it begins with /",
    r"^/[!-~]*$": "is not the path of a URL: it begins with /, and has no spaces",
}


def keys_at(schema: Mapping[str, Any], path: tree.Path) -> list[str]:
    """The keys that a JSON schema knows at a path."""
    here: Mapping[str, Any] = schema
    for part in (*path, None):
        if reference := here.get("$ref"):
            here = schema["$defs"][str(reference).rpartition("/")[2]]
        if part is not None:
            by_pattern = next(iter(here.get("patternProperties", {}).values()), None)
            here = here.get("properties", {}).get(part) or by_pattern or here.get("items") or {}
    return list(here.get("properties", {}))


def suggestion(meant: str, known: Iterable[str]) -> str:
    """What was probably meant, as the end of a sentence; empty where nothing comes near."""
    close = closest(meant, known)
    return f"; did you mean {close}?" if close else ""


def _quoted(given: Any) -> str:
    return f'"{str(given).lower() if isinstance(given, bool) else given}"'


def _kind(given: Any) -> str:
    match given:
        case None:
            return "empty"
        case bool():
            return str(given).lower()
        case str():
            return repr(given) if len(given) < 40 else "a text"
        case Mapping():
            return "a mapping"
        case list():
            return "a list"
        case _:
            return str(given)
