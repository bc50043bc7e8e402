"""E2B's APIs over the local cloud: routes, small handlers, bodies and errors, and nothing that another vendor needs.

`operations.csv` is the table of what is there; each class of handlers has one method per operation that works.
"""
