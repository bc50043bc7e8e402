"""The first process of a sandbox: starts processes, keeps sessions, opens files and sockets for the server.

It is copied beside the sandboxes and runs inside them, so it imports the standard library and itself only, and stays
valid for Python 3.9. The server talks to it over a SOCK_SEQPACKET socket that it inherits: one JSON object a packet,
descriptors beside it. A request `{"id", "op", "arguments"}` gets one reply, `{"id", …}` or `{"id", "errno", "error"}`.
What a connection started is reported to it when it ends: `{"ended": key, "code": n}`.

`loop` answers requests. Shells with their commands (`sessions`), single processes (`running`) and watched folders
(`watch`) outlive the server, with what they wrote in `logs`. `processes`, `files`, `searching` and `system` do the
rest. `interpreter` is a program of its own.
"""
