"""Get the Pulumi engine on a machine that has none: `python tools/engine ensure`."""

import argparse
import dataclasses
import json
import sys

import engines
from errors import UnavailableError
from progress import say


def main() -> None:
    """Run one command."""
    parser = argparse.ArgumentParser(prog="python tools/engine", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("ensure", help="get the engine; print the folder to put first on PATH, if any")
    where = commands.add_parser("where", help="say which engine is used, without getting one")
    where.add_argument("--json", action="store_true", help="for programs")
    arguments = parser.parse_args()
    if arguments.command == "ensure":
        ensure()
    else:
        describe(as_json=arguments.json)


def ensure() -> None:
    """Print on stdout what belongs before PATH: nothing where the user's own engine is used."""
    try:
        found = engines.ensure()
    except UnavailableError as error:
        say(f"error: there is no Pulumi engine, and none can be made: {error}")
        sys.exit(f"remedy: {engines.REMEDY}")
    print("" if found.source == "path" else found.pulumi.parent)


def describe(*, as_json: bool) -> None:
    """Print where the engine and its launchers are, or what is missing."""
    found = engines.find()
    if found:
        facts = {"version": found.version(), **dataclasses.asdict(found)}
    else:
        facts = {"source": None, "missing": "pulumi", "remedy": "python tools/engine ensure"}
    lines = json.dumps(facts, default=str) if as_json else "\n".join(f"{key}: {facts[key]}" for key in facts)
    print(lines)
    sys.exit(not found)


if __name__ == "__main__":
    main()
