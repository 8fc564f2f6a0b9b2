"""Benchmarks: CPU seconds and their ratio to a yardstick of the same run, held against bars.

figures       what a benchmark answers
run           runs every benchmark at a size and prints the table: `python -m benchmarks.run full`
bench_store   edit, compare, branch and publish on generated series
bench_coherence  forecasts of 11,111 nodes made to add up around locks
bench_cube    edits of a live scenario, and every aggregate after one
companies     draws companies of a shape
bench_supply  the supply plan cold, what-ifs from its basis, and in pieces
bench_sku1k   a company too large for one programme (minutes: runs when named)
bench_lots    a plan with 2,400 set-ups and how far it may be from the best
bench_demo    the example company from its files to a published plan
"""
