"""Environments described in files: `evolve.yaml` in a repository.

`model` says what can be in one, `reading` loads it and names every mistake by line and column, `expressions` fills in
what is known only when it is used, `policy` says which of that a file may ask for. Nothing here knows Pulumi, and
nothing that is in a file is ever executed here.
"""
