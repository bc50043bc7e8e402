"""`evolve-pulumi pr up | close | comment`: an environment per pull request, in a job of GitHub's.

`event` is what GitHub says of the pull request, `rules` who gets an environment, `acting` does it and says what came of
it: `recording` notes it, `report` writes it as Markdown, `job` and `github` bring it to the job's summary and the pull
request's comment.
"""
