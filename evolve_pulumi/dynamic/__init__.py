"""The shell for `pulumi.dynamic`: turns the engine's calls into calls of `lifecycle`, and nothing more.

Runs in two processes. In the program, `resource.Declared` registers resources. In the engine's provider process,
`entry.load` is what the pickled provider in the state refers to.
"""
