"""The process around the plan.

Reading order: `stages` (draft, in review, approved, published), `fences` (what may still be changed),
`grounds` (what a large change must rest on).
"""
