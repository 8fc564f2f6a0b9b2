"""Scripts that `make` runs.

check_python     is python3 new enough (runs on any Python 3)
check_locks      no registry address in a lock file
check_licences   licences of what is installed with Trivet
coverage_bars    branch coverage by room against the bars
touched_rooms    which tests `make quick` runs
reference        write docs/reference from the registries
"""
