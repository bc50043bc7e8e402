#!/bin/sh
# Counts lines, as a tool of the agent would.
wc -l *
