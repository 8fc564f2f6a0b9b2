"""The nouns of Trivet: every type that crosses a room, and the arithmetic of a plan. No I/O, no clock.

In reading order:

words       ids · errors · issues · quantities
time        buckets · fiscal · steps · seasons · timefunctions
company     segments · forecasting · grounds · netting · gates · company · dimensions · tables ·
            owndimensions · memberships · units
measures    measures (with measures.toml) · expressions · formula · ownmeasures
numbers     panel · scope · spread · tree · projection · whole · grouping · rollup · aswas
opinions    records · entries · live · desk · valued · adjust · fold · effects · renames · recordchanges ·
            signoffs (with signoffs.toml)
a plan      checks · health · options · learned · linear · ports · plan · backlog · profit · pushdown · report · said ·
            summary · pairs
people      owners · rights · mask · permits · maskcheck
"""
