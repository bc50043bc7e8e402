"""Daytona's API over the local cloud: routes, small handlers, bodies and errors; nothing that another vendor needs.

`operations.csv` is the table of what is there; `control`, `snapshots`, `toolbox` and `toolbox_files` have one method
per operation that works.
"""
