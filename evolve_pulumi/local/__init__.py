"""The local cloud: one loopback server that speaks the vendors' HTTP APIs over real, isolated processes.

`cloud`, `records`, `tiers` and `host` hold state and lifecycle and know no HTTP and no vendor. `guest` reaches into a
running sandbox through its `agent`, never by a path of the host; over it, `programs` run to their end, `processes`,
`commands` and `interpreters` go on, and `files`, `watches`, `searching`, `git` and `usage` do what they are named for.
`trees` reaches into volumes by descriptors. Sandboxes are made from `snapshots` and `templates`, whose images `builds`
makes by recipes. A vendor is one folder of routes, bodies and errors over these (`daytona`, `e2b`), and a vendor's
folder knows no other; `operations` makes its routes of its table. `proxy` serves preview URLs, `traffic` injects faults
and records calls, `app` puts all on one port.

Of the project it imports `local_address` alone; nothing of the project imports it: it is launched as a process,
`python -m evolve_pulumi.local`.
"""
