"""Where early stopping ends a training run."""

from collections.abc import Sequence


def stopping_point(dev_costs: Sequence[float], patience: int) -> tuple[int, int]:
    """Find the epoch at which training ends, and the best one until then.

    Parameters
    ----------
    dev_costs : sequence of float
        Cost on the dev set after each epoch.
    patience : int
        Training ends after this many epochs without a new best.

    Returns
    -------
    last, best : int
        Epochs; ``last`` is the final one if patience never runs out.
    """
    best = 0
    for epoch, cost in enumerate(dev_costs):
        if cost < dev_costs[best]:
            best = epoch
        elif epoch - best >= patience:
            return epoch, best
    return len(dev_costs) - 1, best
