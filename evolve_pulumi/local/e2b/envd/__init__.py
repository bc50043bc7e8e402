"""envd, E2B's daemon inside every sandbox, spoken by the local cloud from outside.

`rpc` is its protocol, `access` who may speak it; `processes`, `filesystem` and `files` have one method per operation.
"""
