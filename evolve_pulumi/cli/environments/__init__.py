"""Environments from definitions: `evolve-pulumi up | preview | destroy | status | logs | open | reconcile | schema`.

`verbs` is what the command line says; the rest is imported when a verb runs, since it needs Pulumi. `target` says which
environment is meant, `workspace` reaches its stack, `tags` is what the stack says of itself. `changing` and `operation`
change it, `events` and `display` show how, `inspection` looks at what is there. `reconciling` and `sweeping` decide for
many, `several` runs the command for each.
"""
