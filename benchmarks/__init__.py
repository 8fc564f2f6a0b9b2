"""Benchmarks: a registry of (phase, size), CPU seconds and ratios to a yardstick of the same run."""
