"""`python -m evolve_pulumi` is the command `evolve-pulumi`."""

from evolve_pulumi.cli import main

main()
