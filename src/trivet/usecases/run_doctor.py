"""The doctor: does everything that must always hold still hold? The invariants V1 to V14 on real data."""

from trivet.usecases.declare import Shells

DECLARED = Shells(command="doctor", why="an administrator's task; no page")
