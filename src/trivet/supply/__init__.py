"""Supply: the capability to meet demand.

In reading order: `calendar` (working days), `sites` (where items live), `panels` (series, actuals, capacity),
`network` (the ways as arrays), `sources` and `ways` (where they are read), `targets` and `services` (stock and
backlog wanted), `chase` and `requirements` (unlimited), `wanted`, `claims` and `asked` (the task; who is served
first), `strategies` (level, chase, hybrid), `rules` (cycles, least and most, even), `blocks` (how a programme is
written), `make_to_stock`, `held` (what is fixed by hand), `fair_share`, `make_to_order`, `materials`, `capacity`,
`workforce`, `lot_sizes`, `limits` (its parts), `programme` (the whole of it), `search` and `cuts` (whole lots and
people), `tiers` (service first), `unmet` (serve everything), `pieces`, `mixing` and `decomposed` (a plan too large
for one programme), `families`, `standing` and `large` (what it begins with), `model` (the plan), `serving` and
`read_back` (whole flows, exact states), `fill` (panels, fair shares, costs), `found`, `findings`, `allotted`,
`departures`, `breaches`, `clashes`, `conflicts` and `oddities` (issues), `strains` (of what is fixed by hand),
`scarcity` (where relief is asked for).

Planning functions that stand alone, asked with plain numbers: `aggregate` (workforce, overtime, level and chase),
`lots` (when to order how much), `safety` (safety stock), `service_times` (where to keep it), `allocation` (who gets
what is short), `shifts` (hours by the clock), `rough_cut` (load by its three methods).
"""
