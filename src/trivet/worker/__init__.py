"""A worker: a process of its own that runs jobs, so that long work never holds up who asked for it.

Started by `trivet worker`, or as a service: `python -m trivet.worker WORKSPACE`. Reading order: `loop`.
"""
