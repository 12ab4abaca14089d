"""The mistakes: in `file`, the text `old`, found exactly once, becomes `new`; the ledger's rows `guilty` must refute it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Mistake:
    """One wrong version of one file of `manual_bp`."""

    kind: str
    name: str
    file: str
    old: str
    new: str
    guilty: tuple[str, ...]

    @property
    def id(self) -> str:
        """As in `-k`: the kind, then what was done."""
        return f"{self.kind}: {self.name}"


def mistakes_of(kind: str, *rows: tuple[str, str, str, str, str]) -> tuple[Mistake, ...]:
    return tuple(Mistake(kind, name, file, old, new, tuple(guilty.split())) for name, file, old, new, guilty in rows)


ZEROED = mistakes_of(
    "zeroed",
    # what the two algorithms return
    ("dZ of backprop", "backprop.py", "dZ=tuple(dZ_all)", "dZ=tuple(0 * dZ for dZ in dZ_all)", "4.B2 4.B3 5.0"),
    ("dA of backprop", "backprop.py", "+ (dA,)", "+ (0 * dA,)", "4.B1"),
    ("db of backprop", "backprop.py", "tuple(bias_gradient(dZ)", "tuple(0 * bias_gradient(dZ)", "4.B5 5.0"),
    ("dW of backprop", "backprop.py", "tuple(weight_gradient(dZ,", "tuple(0 * weight_gradient(dZ,", "4.B6 5.0"),
    ("dZ of backprop_a", "backprop_a.py", "dZ=tuple(dZ_all)", "dZ=tuple(0 * dZ for dZ in dZ_all)", "5.B2* 5.B3b 5.0"),
    ("dA of backprop_a", "backprop_a.py", "dA=tuple(dA_all)", "dA=tuple(0 * dA for dA in dA_all)", "5.B1 5.B3a"),
    ("db of backprop_a", "backprop_a.py", "tuple(bias_gradient(dZ)", "tuple(0 * bias_gradient(dZ)", "5.B4a 5.0 7.1"),
    ("dW of backprop_a", "backprop_a.py", "tuple(weight_gradient(dZ,", "tuple(0 * weight_gradient(dZ,", "5.B4b 5.0 7.1"),
    ("dX of backprop_a", "backprop_a.py", "dX=activation", "dX=0 * activation", "5.B3a 7.2back"),
    # the formulas
    ("error_recursion", "backprop.py", "return activation_backward(W", "return 0 * activation_backward(W", "4.2rec 4.B3"),
    ("error_recursion_dropout", "backprop.py", "return activation_backward(apply", "return 0 * activation_backward(apply",
     "4.2rec@dropout* 5.0@dropout"),
    ("activation_backward", "backprop.py", "return dA * g.prime(Z)", "return 0 * dA * g.prime(Z)", "4.3 5.1A 4.2rec 4.B2"),
    ("bias_gradient", "backprop.py", "return np.sum(dZ, axis=1,", "return 0 * np.sum(dZ, axis=1,", "4.4 4.B5 5.B4a 7.2back"),
    ("weight_gradient", "backprop.py", "return dZ @ A_prev.T", "return 0 * dZ @ A_prev.T", "4.5 4.B6 5.B4b 7.2back"),
    ("dA of output_error", "backprop.py", "return dA, activation_backward(", "return 0 * dA, activation_backward(", "4.B1 5.B1"),
    ("dZ of output_error", "backprop.py", "return dA, activation_backward(", "return dA, 0 * activation_backward(", "4.B2 5.B2*"),
    ("activation_gradient", "backprop_a.py", "return W_next.T @", "return 0 * W_next.T @", "5.2A 5.B3a"),
    ("apply_mask_backward", "dropout.py", "return dA / weak(p)", "return 0 * dA / p", "7.2bw 4.2rec@dropout* 7.2back"),
    ("cross_entropy_dA", "losses.py", "return -Y / A  ", "return 0 * Y / A  ", "4.1CE@ours 4.B1 5.B1"),
    ("binary_cross_entropy_dA", "losses.py", "return -Y / A + (1 - Y) / (1 - A)", "return 0 * Y / A", "4.1 4.B1 5.B1"),
    ("sigmoid_binary_cross_entropy_dZ", "losses.py", "return sigmoid(Z) - Y", "return 0 * (sigmoid(Z) - Y)", "2.BCE'@stable"),
    ("softmax_cross_entropy_dZ", "losses.py", "return softmax(Z) * ", "return 0 * softmax(Z) * ", "2.CE'@stable"),
    # the activations' derivatives
    ("sigmoid_printed_prime", "activations.py", "return s * (1 - s)", "return 0 * s * (1 - s)", "2.sigmoid'"),
    ("sigmoid_prime", "activations.py", "return e / (1 + e) ** 2", "return 0 * e / (1 + e) ** 2", "2.sigmoid'@stable 4.3"),
    ("tanh_printed_prime", "activations.py", "return 1 - tanh_printed(z) ** 2", "return 0 * tanh_printed(z)", "2.tanh'"),
    ("tanh_prime", "activations.py", "return 4 * e / (1 + e) ** 2", "return 0 * e / (1 + e) ** 2", "2.tanh'@stable 4.3"),
    ("relu_prime", "activations.py", "np.where(z >= 0, np.ones_like(z), np.zeros_like(z))", "np.zeros_like(z)", "2.relu' 4.3"),
    ("leaky_relu_prime", "activations.py", "np.where(z >= 0, np.ones_like(z), weak(eps) * np.ones_like(z))", "np.zeros_like(z)",
     "2.leaky' 4.3"),
    ("identity_prime", "activations.py", "return np.ones_like(z)", "return np.zeros_like(z)", "4.3 4.2rec 5.1A"),
    ("softmax_pullback", "activations.py", "return A * (dA -", "return 0 * A * (dA -", "4.3@softmax"),
)

TRANSPOSED = mistakes_of(
    "transposed",
    ("W_next of 4.2rec", "backprop.py", "activation_backward(W_next.T @", "activation_backward(W_next @", "4.2rec 4.B3"),
    ("W_next of 4.2rec@dropout*", "backprop.py", "apply_mask_backward(W_next.T @", "apply_mask_backward(W_next @",
     "4.2rec@dropout* 5.0@dropout"),
    ("W_next of 5.2A", "backprop_a.py", "return W_next.T @", "return W_next @", "5.2A 7.2back"),
    ("dA of 4.3", "backprop.py", "return dA * g.prime(Z)", "return dA.T * g.prime(Z)", "4.3 5.1A 7.2back"),
    ("Z of 4.3", "backprop.py", "return dA * g.prime(Z)", "return dA * g.prime(Z.T)", "4.3 5.1A 7.2back"),
    ("db of 4.4", "backprop.py", "np.sum(dZ, axis=1, keepdims=True) /", "np.sum(dZ, axis=1, keepdims=True).T /", "4.4 7.2back"),
    ("A_prev of 4.5", "backprop.py", "return dZ @ A_prev.T / m", "return dZ @ A_prev / m", "4.5 7.2back"),
    ("dZ of 4.5", "backprop.py", "return dZ @ A_prev.T / m", "return dZ.T @ A_prev.T / m", "4.5 7.2back"),
    ("dW of 4.5", "backprop.py", "return dZ @ A_prev.T / m", "return A_prev @ dZ.T / m", "4.5 7.2back"),
    ("W of 3.1", "forward.py", "return W @ A_prev + b", "return W.T @ A_prev + b", "3.1 3.pass"),
    ("A_prev of 3.1", "forward.py", "return W @ A_prev + b", "return W @ A_prev.T + b", "3.1 3.pass"),
    ("b of 3.1", "forward.py", "return W @ A_prev + b", "return W @ A_prev + b.T", "3.1 3.pass"),
    ("D of 7.2c", "dropout.py", "A = A * D  ", "A = A * D.T  ", "7.2c 7.2"),
    ("D of 7.2bw", "dropout.py", "dA = dA * D  ", "dA = dA * D.T  ", "7.2bw 7.2back"),
    ("Y of 4.1", "losses.py", "-Y / A + (1 - Y)", "-Y.T / A + (1 - Y)", "4.1 7.2back"),
    ("Y of 2.CE", "losses.py", "-np.sum(Y * np.log(A),", "-np.sum(Y.T * np.log(A),", "2.CE 3.pass"),
    ("W of 7.1g", "penalties.py", "weak(lam) / weak(m) * W", "weak(lam) / weak(m) * W.T", "7.1g"),
    ("W of 7.1L1g@ours", "penalties.py", "np.sign(W)", "np.sign(W.T)", "7.1L1g@ours"),
    ("dW of 6.2", "gradient_descent.py", "weak(alpha) * dW", "weak(alpha) * dW.T", "6.2"),
    ("dX of backprop", "backprop.py", "dX=layers[0].W.T @", "dX=layers[0].W @", "4.B1 4.B3"),
)

TRANSPOSED_IF_SQUARE = mistakes_of(
    "transposed if square",
    ("W_next of 4.2rec", "backprop.py", "activation_backward(W_next.T @",
     "activation_backward((W_next if len(W_next) == len(W_next.T) else W_next.T) @", "4.2rec 4.B3 5.0"),
    ("W_next of 4.2rec@dropout*", "backprop.py", "apply_mask_backward(W_next.T @",
     "apply_mask_backward((W_next if len(W_next) == len(W_next.T) else W_next.T) @", "4.2rec@dropout* 5.0@dropout"),
    ("W_next of 5.2A", "backprop_a.py", "return W_next.T @",
     "return (W_next if len(W_next) == len(W_next.T) else W_next.T) @", "5.2A 7.2back"),
    ("dA of 4.3", "backprop.py", "return dA * g.prime(Z)", "return (dA.T if len(Z) == len(Z.T) else dA) * g.prime(Z)",
     "4.3 5.1A 4.2rec 7.2back"),
    ("Z of 4.3", "backprop.py", "return dA * g.prime(Z)", "return dA * g.prime(Z.T if len(Z) == len(Z.T) else Z)",
     "4.B3 5.B3b 7.2back"),
    ("dZ of 4.4", "backprop.py", "np.sum(dZ, axis=1,", "np.sum(dZ.T if len(dZ) == m else dZ, axis=1,", "4.4 7.2back"),
    ("A_prev of 4.5", "backprop.py", "return dZ @ A_prev.T / m",
     "return dZ @ (A_prev if len(A_prev) == m else A_prev.T) / m", "4.5 7.2back"),
    ("dZ of 4.5", "backprop.py", "return dZ @ A_prev.T / m", "return (dZ.T if len(dZ) == m else dZ) @ A_prev.T / m",
     "4.5 7.2back"),
    ("dW of 4.5", "backprop.py", "return dZ @ A_prev.T / m",
     "return (A_prev @ dZ.T if len(dZ) == len(A_prev) else dZ @ A_prev.T) / m", "4.5 7.2back"),
    ("W of 3.1", "forward.py", "return W @ A_prev + b", "return (W.T if len(W) == len(W.T) else W) @ A_prev + b",
     "3.1 3.pass"),
    ("b of 3.1", "forward.py", "return W @ A_prev + b", "return W @ A_prev + (b.T if len(b) == len(A_prev.T) else b)",
     "3.1 3.pass"),
    ("D of 7.2bw", "dropout.py", "dA = dA * D  ", "dA = dA * (D.T if len(D) == len(D.T) else D)  ", "7.2bw 7.2back"),
    ("W of 7.1g", "penalties.py", "weak(lam) / weak(m) * W", "weak(lam) / weak(m) * (W.T if len(W) == len(W.T) else W)", "7.1g"),
)

WITHOUT_M = mistakes_of(
    "1/m",
    ("dropped in 4.4", "backprop.py", "keepdims=True) / m", "keepdims=True)", "4.4 7.2back"),
    ("dropped in 4.5", "backprop.py", "A_prev.T / m", "A_prev.T", "4.5 7.2back"),
    ("dropped in 2.J", "losses.py", "return np.sum(L) / m", "return np.sum(L)", "2.J 3.pass 7.1"),
    ("1/n in 4.4", "backprop.py", "keepdims=True) / m", "keepdims=True) / len(dZ)", "4.4 7.2back"),
    ("1/n in 4.5", "backprop.py", "A_prev.T / m", "A_prev.T / len(dZ)", "4.5 7.2back"),
    ("added to 4.3", "backprop.py", "return dA * g.prime(Z)", "return dA * g.prime(Z) / Z.shape[1]", "4.3 4.2rec 7.2back"),
    ("dropped in 6.1.1mu", "normalization.py", "np.sum(X, axis=1, keepdims=True) / m", "np.sum(X, axis=1, keepdims=True)",
     "6.1.1mu 6.1.1s*"),
    ("1/(m-1) in 6.1.1var", "normalization.py", "np.sum(X_centered * X_centered, axis=1, keepdims=True) / m",
     "np.sum(X_centered * X_centered, axis=1, keepdims=True) / max(m - 1, 1)", "6.1.1var 6.1.1s*"),
)

DROPOUT = mistakes_of(
    "dropout",
    ("mask dropped, forward", "dropout.py", "A = A * D  ", "A = A  ", "7.2c 7.2"),
    ("mask dropped, backward", "dropout.py", "dA = dA * D  ", "dA = dA  ", "7.2bw 7.2back 4.2rec@dropout*"),
    ("1/p dropped, forward", "dropout.py", "return A / weak(p)", "return A", "7.2c 7.2"),
    ("1/p dropped, backward", "dropout.py", "return dA / weak(p)", "return dA", "7.2bw 7.2back 4.2rec@dropout*"),
    ("p for 1/p, forward", "dropout.py", "return A / weak(p)", "return A * p", "7.2c 7.2"),
    ("p for 1/p, backward", "dropout.py", "return dA / weak(p)", "return dA * p", "7.2bw 7.2back"),
    ("ignored by 4.2rec@dropout*", "backprop.py", "apply_mask_backward(W_next.T @ dZ_next, D, p)", "W_next.T @ dZ_next",
     "4.2rec@dropout* 5.0@dropout"),
    ("ignored by forward", "forward.py", "if drop is not None:", "if False:", "7.2"),
    ("ignored by backprop", "backprop.py", "if drop is None:", "if True:", "5.0@dropout"),
    ("ignored by backprop_a", "backprop_a.py", "if drop is not None:", "if False:", "7.2back 5.0@dropout"),
    ("another layer's, backprop_a", "backprop_a.py", "drop = dropout[l - 1]", "drop = dropout[l]", "7.2back"),
)

LAYER = mistakes_of(
    "layer",
    ("W[l] for W[l+1], backprop", "backprop.py", "= layers[l].W,", "= layers[l - 1].W,", "4.B3"),
    ("W[l] for W[l+1], backprop_a", "backprop_a.py", "activation_gradient(layers[l].W,", "activation_gradient(layers[l - 1].W,",
     "5.B3a 5.0"),
    ("g[l+1] for g[l], backprop", "backprop.py", "layers[l - 1].g", "layers[l].g", "4.B3 5.0"),
    ("g[l+1] for g[l], backprop_a", "backprop_a.py", "layers[l - 1].g", "layers[l].g", "5.B3b 5.0"),
    ("Z[l+1] for Z[l], backprop", "backprop.py", "trace.Z[l - 1]", "trace.Z[l]", "4.B3"),
    ("W[N] for W[1] in dX, backprop_a", "backprop_a.py", "layers[0].W", "layers[-1].W", "5.B3a"),
    ("loop stops a layer early, backprop", "backprop.py", "range(len(layers) - 1, 0, -1)", "range(len(layers) - 1, 1, -1)",
     "4.B3 4.B5 4.B6"),
    ("loop stops a layer early, backprop_a", "backprop_a.py", "range(len(layers) - 1, 0, -1)",
     "range(len(layers) - 1, 1, -1)", "5.B3a 5.B3b 5.B4a 5.B4b"),
    ("loop starts a layer late, backprop", "backprop.py", "range(len(layers) - 1, 0, -1)", "range(len(layers) - 2, 0, -1)",
     "4.B3"),
    ("loop starts a layer early, backprop", "backprop.py", "range(len(layers) - 1, 0, -1)", "range(len(layers), 0, -1)",
     "4.B3"),
    ("loop goes a layer too far, backprop_a", "backprop_a.py", "range(len(layers) - 1, 0, -1)",
     "range(len(layers) - 1, -1, -1)", "5.B3a 5.B3b"),
    ("A for A_prev in dW, backprop", "backprop.py", "zip(dZ_all, trace.A[:-1],", "zip(dZ_all, trace.A[1:],", "4.B6 5.0"),
    ("A for A_prev in dW, backprop_a", "backprop_a.py", "zip(dZ_all, trace.A[:-1],", "zip(dZ_all, trace.A[1:],", "5.B4b 5.0 7.2back"),
    ("dZ in the order of the loop, backprop", "backprop.py", "dZ_all.insert(0, dZ)", "dZ_all.append(dZ)", "4.B3 5.0"),
    ("Z[N] for A[N], predict", "forward.py", "return forward(X, layers).A[-1]", "return forward(X, layers).Z[-1]", "7.2x"),
    ("X for A_prev, forward", "forward.py", "affine(layer.W, A, layer.b)", "affine(layer.W, X, layer.b)", "3.pass"),
)

POINT = mistakes_of(
    "g' at the wrong point",
    ("g'(A), formula", "backprop.py", "return dA * g.prime(Z)", "return dA * g.prime(g.g(Z))", "4.3 5.1A 4.2rec 7.2back"),
    ("g'(A[l]), backprop", "backprop.py", "trace.Z[l - 1]", "trace.A[l]", "4.B3 5.0"),
    ("g'(A[l]), backprop_a", "backprop_a.py", "trace.Z[l - 1]", "trace.A[l]", "5.B3b 5.0"),
    ("g'(A[N])", "backprop.py", "activation_backward(dA, trace.Z[-1], g)", "activation_backward(dA, trace.A[-1], g)",
     "4.B2 5.B2*"),
    ("g for g'", "backprop.py", "return dA * g.prime(Z)", "return dA * g.g(Z)", "4.3 5.1A 4.2rec 7.2back"),
)

AXIS = mistakes_of(
    "axis",
    ("4.4", "backprop.py", "np.sum(dZ, axis=1, keepdims=True)", "np.sum(dZ, axis=0, keepdims=True)", "4.4 7.2back"),
    ("4.4 as a column", "backprop.py", "np.sum(dZ, axis=1, keepdims=True)", "np.sum(dZ, axis=0)[:, None]", "4.4 7.2back"),
    ("2.CE", "losses.py", "np.log(A), axis=0", "np.log(A), axis=1", "2.CE 3.pass"),
    ("2.BCE", "losses.py", "np.log(1 - A), axis=0", "np.log(1 - A), axis=1", "2.BCE 3.pass"),
    ("2.softmax", "activations.py", "axis=0, keepdims=True))\n    return E / np.sum(E, axis=0,",
     "axis=0, keepdims=True))\n    return E / np.sum(E, axis=1,", "2.softmax@stable 3.pass"),
    ("4.3@softmax", "activations.py", "np.sum(A * dA, axis=0,", "np.sum(A * dA, axis=1,", "4.3@softmax"),
    ("6.1.1mu", "normalization.py", "np.sum(X, axis=1,", "np.sum(X, axis=0,", "6.1.1mu"),
    ("6.1.1var", "normalization.py", "np.sum(X_centered * X_centered, axis=1,", "np.sum(X_centered * X_centered, axis=0,",
     "6.1.1var"),
    ("2.CE'@stable", "losses.py", "softmax(Z) * np.sum(Y, axis=0,", "softmax(Z) * np.sum(Y, axis=1,", "2.CE'@stable"),
)

FACTOR = mistakes_of(
    "factor",
    ("L2 without 1/2", "penalties.py", "weak(lam) / (2 * weak(m))", "weak(lam) / weak(m)", "7.1J* 7.1"),
    ("L2 without 1/m", "penalties.py", "weak(lam) / (2 * weak(m))", "weak(lam) / 2", "7.1J*"),
    ("L2 gradient times 2", "penalties.py", "weak(lam) / weak(m) * W", "2 * weak(lam) / weak(m) * W", "7.1g 7.1"),
    ("L2 gradient times 1/2", "penalties.py", "weak(lam) / weak(m) * W", "weak(lam) / (2 * weak(m)) * W", "7.1g"),
    ("L2 gradient without 1/m", "penalties.py", "weak(lam) / weak(m) * W", "weak(lam) * W", "7.1g 7.1"),
    ("L2 update without 1/m", "penalties.py", "1 - alpha * lam / m", "1 - alpha * lam", "7.1u"),
    ("L2 update times 2", "penalties.py", "1 - alpha * lam / m", "1 - 2 * alpha * lam / m", "7.1u"),
    ("L1 times 1/2", "penalties.py", "weak(lam) / weak(m) * sum(", "weak(lam) / (2 * weak(m)) * sum(", "7.1L1@ours 7.1"),
    ("L1 without 1/m", "penalties.py", "weak(lam) / weak(m) * sum(", "weak(lam) * sum(", "7.1L1@ours"),
    ("L1 gradient times 2", "penalties.py", "weak(lam) / weak(m) * np.sign", "2 * weak(lam) / weak(m) * np.sign", "7.1L1g@ours"),
    ("L1 gradient without 1/m", "penalties.py", "weak(lam) / weak(m) * np.sign", "weak(lam) * np.sign", "7.1L1g@ours"),
    ("abs for sign in the L1 gradient", "penalties.py", "np.sign(W)", "np.abs(W)", "7.1L1g@ours"),
    ("norm for its square in L2", "penalties.py", "np.sum(W**2)", "np.sum(W**2) ** 0.5", "7.1J*"),
    ("the L2 factor for the L1 gradient", "training.py", "layer.W, lam1, m)", "layer.W, lam, m)", "7.1"),
    ("the L2 gradient left out", "training.py", "if lam:", "if False:", "7.1"),
    ("1/n for 2/n in He", "initialization.py", "(2 / n_prev)", "(1 / n_prev)", "6.1.2H"),
    ("n for n_prev in Xavier", "initialization.py", "(1 / n_prev)", "(1 / len(normal))", "6.1.2X"),
    ("1 for 2 in Bengio", "initialization.py", "(2 / (n_prev + n))", "(1 / (n_prev + n))", "6.1.2B"),
    ("sigma^2 for sigma", "normalization.py", "sigma = np.sqrt(feature_variance(center(X, mu)))",
     "sigma = feature_variance(center(X, mu))", "6.1.1s* 6.1.1t@ours"),
    ("the test set's own mu", "normalization.py", "scale(center(X, self.mu), self.sigma)",
     "scale(center(X, feature_mean(X)), self.sigma)", "6.1.1t@ours"),
)

KEEPDIMS = mistakes_of(
    "keepdims",
    ("4.4", "backprop.py", "np.sum(dZ, axis=1, keepdims=True)", "np.sum(dZ, axis=1)", "4.4 7.2back"),
    ("2.CE", "losses.py", "np.log(A), axis=0, keepdims=True)", "np.log(A), axis=0)", "2.CE"),
    ("2.BCE", "losses.py", "np.log(1 - A), axis=0, keepdims=True)", "np.log(1 - A), axis=0)", "2.BCE"),
    ("6.1.1mu", "normalization.py", "np.sum(X, axis=1, keepdims=True)", "np.sum(X, axis=1)", "6.1.1mu"),
    ("6.1.1var", "normalization.py", "X_centered, axis=1, keepdims=True)", "X_centered, axis=1)", "6.1.1var"),
)

SIGN = mistakes_of(
    "sign",
    ("4.2rec", "backprop.py", "activation_backward(W_next.T", "activation_backward(-W_next.T", "4.2rec 4.B3"),
    ("5.2A", "backprop_a.py", "return W_next.T @", "return -W_next.T @", "5.2A 7.2back"),
    ("4.4", "backprop.py", "return np.sum(dZ, axis=1,", "return -np.sum(dZ, axis=1,", "4.4 7.2back"),
    ("4.5", "backprop.py", "return dZ @ A_prev.T", "return -dZ @ A_prev.T", "4.5 7.2back"),
    ("4.1, second term", "losses.py", "-Y / A + (1 - Y)", "-Y / A - (1 - Y)", "4.1 7.2back"),
    ("4.1CE@ours", "losses.py", "return -Y / A  ", "return Y / A  ", "4.1CE@ours 7.2back"),
    ("2.CE", "losses.py", "return -np.sum(Y * np.log(A)", "return np.sum(Y * np.log(A)", "2.CE 3.pass"),
    ("2.BCE'@stable", "losses.py", "return sigmoid(Z) - Y", "return Y - sigmoid(Z)", "2.BCE'@stable"),
    ("2.sigmoid'", "activations.py", "return s * (1 - s)", "return s * (1 + s)", "2.sigmoid'"),
    ("2.tanh'", "activations.py", "return 1 - tanh_printed", "return 1 + tanh_printed", "2.tanh'"),
    ("4.3@softmax", "activations.py", "A * (dA - np.sum", "A * (dA + np.sum", "4.3@softmax"),
    ("6.2", "gradient_descent.py", "return W - weak", "return W + weak", "6.2"),
    ("6.2b", "gradient_descent.py", "return b - weak", "return b + weak", "6.2b"),
    ("7.1g", "penalties.py", "dW + weak(lam) / weak(m) * W", "dW - weak(lam) / weak(m) * W", "7.1g 7.1"),
    ("7.1u", "penalties.py", "(1 - alpha * lam / m)", "(1 + alpha * lam / m)", "7.1u"),
    ("7.1L1g@ours", "penalties.py", "dW + weak(lam) / weak(m) * np.sign", "dW - weak(lam) / weak(m) * np.sign", "7.1L1g@ours 7.1"),
    ("6.1.1c", "normalization.py", "return X - mu", "return X + mu", "6.1.1c 6.1.1var 6.1.1s*"),
)

INPUT_AND_KINKS = mistakes_of(
    "input and kinks",
    ("dX of backprop zeroed", "backprop.py", "dX=layers[0].W.T @", "dX=0 * layers[0].W.T @", "4.B3"),
    ("dX of backprop transposed if square", "backprop.py", "dX=layers[0].W.T @",
     "dX=(layers[0].W if len(layers[0].W) == len(layers[0].W.T) else layers[0].W.T) @", "4.B3"),
    ("relu_prime 0 at the kink (E17)", "activations.py", "z >= 0, np.ones_like(z), np.zeros_like(z)",
     "z > 0, np.ones_like(z), np.zeros_like(z)", "2.relu'@kink"),
    ("leaky_relu_prime eps at the kink (E17)", "activations.py", "z >= 0, np.ones_like(z), weak(eps)",
     "z > 0, np.ones_like(z), weak(eps)", "2.leaky'@kink"),
)

MISTAKES = (
    *ZEROED, *TRANSPOSED, *TRANSPOSED_IF_SQUARE, *WITHOUT_M, *DROPOUT, *LAYER, *POINT, *AXIS, *FACTOR, *KEEPDIMS, *SIGN,
    *INPUT_AND_KINKS,
)
