"""Scripts that `make` runs.

check_python     is python3 new enough (runs on any Python 3)
check_locks      no registry address in a lock file
check_licences   licences of what is installed with Trivet
coverage_bars    branch coverage by room against the bars
touched_rooms    which tests `make quick` runs
registries       measures, tables, commands and answers, as the package has them
issue_codes      the kinds of issues, as the source raises them
reference        write docs/reference from the two
"""
