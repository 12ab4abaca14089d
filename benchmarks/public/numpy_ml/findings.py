"""What is wrong with numpy-ml's gradients, each refutation examined by hand: its label, then place and cause."""

FINDINGS = {
    "WGAN_GPLoss, critic": "losses.py:491-492: both signs are those of minus the loss; its caller swaps the two",
    "NCELoss, a target among the noise": "losses.py:904-908: the target's own share of dW and db is dropped",
    "LogisticRegression, l2": "lm.py:253: the penalty's gradient has the wrong sign",
    "LogisticRegression, l1": "lm.py:253: the penalty's gradient has the wrong sign",
    "FullyConnected, tanh, of its backward": "layers.py:2027: ddW lacks the term of the activation's second derivative",
    "SparseEvolution runs": "layers.py:2242: np.random.binomial has no shape=, it is size=",
    "SparseEvolution": "layers.py:2352: dW is not masked",
    "SparseEvolution, of its backward": "layers.py:2365-2366: W where it must be the masked one, and ddW is not masked",
    "Embedding, sum": "layers.py:1857: `dW[ids] +=` counts a token once that an example holds twice",
    "Embedding, mean": "layers.py:1860: `dW[ids] +=` counts a token once that an example holds twice",
    "Softmax, 4 axes": "layers.py:2171: two last axes are taken for one",
    "Softmax, axis 0": "layers.py:2171: rows are used whatever `dim` says",
    "DotProductAttention, two heads": "layers.py:2171: Softmax fails on four axes",
    "DotProductAttention, after a flush": "layers.py:67: the inner softmax is not flushed and keeps its old input",
    "Dropout": "wrappers.py:231: `dLdy *=` writes into the caller's array",
    "Dropout, of a copy": "wrappers.py:232: the mask is not applied to dX",
    "Conv2D, naive": "layers.py:2934: dLdy, the list of all cotangents, where it must be dy",
    "Pool2D, max, pad 1": "layers.py:3118: X where it must be X_pad",
    "RNN runs": "layers.py:22: the base class assigns `gradients`, which RNN makes a property without a setter",
    "LSTM runs": "layers.py:22: the base class assigns `gradients`, which LSTM makes a property without a setter",
    "RNNCell, after a flush": "layers.py:3557: the accumulator becomes [] where None means a new sequence",
    "LSTMCell, after a flush": "layers.py:3863: the accumulators become [] where None means a new sequence",
    "BidirectionalLSTM, multiply": "modules.py:1119: the mode is misspelt, 'multiplty'",
}


def named(label, section):
    """The options of a claim by its label; those of a finding say that it is known, and why."""
    known = {"expect": "refuted", "because": FINDINGS[label]} if label in FINDINGS else {}
    return {"label": label, "section": section, **known}
