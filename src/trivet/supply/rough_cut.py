"""Rough-cut capacity by its three methods, on plain tables (F4; Vollmann, Berry and Whybark).

Overall factors share out the hours of the whole plan by what each resource took in the past; the bill of resources
counts hours a unit on each resource; the resource profile also says how long before completion they are needed.
The plan itself uses the profile (`requirements.hours_of`); the coarser two serve where routings are not known.
Quantity is production at that site, never sales. Hours are floats.
"""

import numpy as np

from trivet.core.errors import InvalidInput
from trivet.core.ids import Rates


def overall_factors(total_hours: Rates, shares: Rates) -> Rates:
    """Share the hours of the whole plan over resources.

    Args:
        total_hours: (buckets,) hours: sum over families of quantity times hours a unit.
        shares: (resources,) part of all hours each resource took, adding to 1.

    Returns:
        (resources, buckets) hours.

    Raises:
        InvalidInput: shares below 0 or that do not add to 1.
    """
    given = np.asarray(shares, dtype=np.float64)
    if np.any(given < 0) or abs(float(given.sum()) - 1.0) > 1e-6:
        raise InvalidInput(f"shares of resources add to {given.sum():g}: expected parts of 0 or more that add to 1")
    hours: Rates = given[:, None] * np.asarray(total_hours, dtype=np.float64)[None, :]
    return hours


def bill_of_resources(quantity: Rates, hours: Rates) -> Rates:
    """Count hours a unit on each resource.

    Args:
        quantity: (families, buckets) units made.
        hours: (families, resources) hours a unit.

    Returns:
        (resources, buckets) hours, in the bucket of completion.
    """
    return resource_profile(quantity, np.asarray(hours, dtype=np.float64)[:, :, None])


def resource_profile(quantity: Rates, hours: Rates) -> Rates:
    """Count hours a unit on each resource when they are needed.

    Args:
        quantity: (families, buckets) units made, by bucket of completion.
        hours: (families, resources, offsets) hours a unit, offset k = k buckets before completion.

    Returns:
        (resources, buckets) hours; what was needed before the first bucket counts in the first.
    """
    made, needed = np.asarray(quantity, dtype=np.float64), np.asarray(hours, dtype=np.float64)
    if made.shape[0] != needed.shape[0]:
        raise InvalidInput(f"hours of {needed.shape[0]} families for quantities of {made.shape[0]}: give the same ones")
    result = np.zeros((needed.shape[1], made.shape[1]))
    for offset in range(needed.shape[2]):
        # Element by element, summed in order: a matrix product may differ in its last bits between machines.
        load = (needed[:, :, offset, None] * made[:, None, :]).sum(axis=0)
        at = np.maximum(np.arange(made.shape[1]) - offset, 0)
        for resource, hours_of_it in zip(result, load, strict=True):
            np.add.at(resource, at, hours_of_it)
    return result
