"""`evolve-pulumi up | preview | destroy | status | logs | open | schema`: environments from definitions.

`verbs` is what the command line says; the rest is imported when a verb runs, since it needs Pulumi. `target` says which
environment is meant, `workspace` reaches its stack, `changing` and `operation` change it, `events` and `display` show
how, `inspection` looks at what is there.
"""
