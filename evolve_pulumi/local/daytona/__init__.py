"""Daytona's API over the local cloud: routes, small handlers, bodies and errors; nothing that another vendor needs.

`operations.csv` is the table of what is there. One method for each operation that works is in `control` and `snapshots`
and, for the inside of a sandbox, in `toolbox`, `toolbox_files`, `code`, `git`, `system` and `pty`.
"""
