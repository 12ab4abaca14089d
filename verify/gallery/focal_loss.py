"""Focal loss of a binary classifier, from its logits.

Tsung-Yi Lin, Priya Goyal, Ross Girshick, Kaiming He and Piotr Dollár, "Focal Loss for Dense Object Detection", 2017,
appendix B. The paper's labels are -1 and 1; ours are 0 and 1.
"""

import numpy as np
from jax import Array, nn
from jaxtyping import Float

from verify import gradient, mask, positive


def focal_loss(x: Array, y: Array, gamma: Array) -> Array:
    """Sum over examples of -(1 - p_t)^gamma log p_t, p_t the probability that the label y is given by the logit x."""
    x_t = (2 * y - 1) * x
    return -(nn.sigmoid(-x_t) ** gamma * nn.log_sigmoid(x_t)).sum()


@gradient(of=focal_loss, wrt="x", section="Focal loss", domains={"y": mask, "gamma": positive})
def focal_loss_backward(
    x: Float[np.ndarray, " m"], y: Float[np.ndarray, " m"], gamma: Float[np.ndarray, ""]
) -> np.ndarray:
    r"""$$ \frac{dFL}{dx} = t\, (1 - p_t)^\gamma \bigl( \gamma\, p_t \log p_t + p_t - 1 \bigr), \quad t = 2 y - 1 $$"""
    t = 2 * y - 1
    p_t = 1 / (1 + np.exp(-t * x))
    return t * (1 - p_t) ** gamma * (gamma * p_t * np.log(p_t) + p_t - 1)
