"""Reconcile forecasts with hierarchicalforecast, in the environment that has it: `python FILE in.npz out.npz`."""

import sys
from pathlib import Path

import numpy as np
from hierarchicalforecast.methods import MinTrace


def reconcile(source: Path, target: Path) -> None:
    given = np.load(source)
    summing, forecasts = given["summing"], given["forecasts"]
    answers = {
        "wls_struct": MinTrace("wls_struct").fit_predict(S=summing, y_hat=forecasts)["mean"],
        "ols": MinTrace("ols").fit_predict(S=summing, y_hat=forecasts)["mean"],
        "non_negative": MinTrace("wls_struct", nonnegative=True).fit_predict(S=summing, y_hat=forecasts)["mean"],
    }
    np.savez(target, **answers)


if __name__ == "__main__":
    reconcile(Path(sys.argv[1]), Path(sys.argv[2]))
