"""The composition root: where settings, store, engines, clock and ids come together.

Reading order: `settings` (what is set and where it came from), `registries` (tables and measures as
data), `people` (who takes part), `axes` (the rows logged effects name), `seen` (what somebody may see of it), `cube` (a
scenario live, change by change), `admission` (what is asked of a change before it counts), `workspace` (opened by
every use-case), `moments` (what was seen at an earlier one), `signed` (what people signed off, and the gates),
`earlier` (what earlier cycles published), `taught` (what stored versions predicted with),
`workers` (who runs jobs).
"""
