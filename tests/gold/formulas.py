"""Functions whose formulas stand in tests/gold/formulas/, to be read in a browser; run as a module to write them."""

from pathlib import Path

from reports.formulas import formula_of_code

FOLDER = Path(__file__).parent / "formulas"
CODE = {
    "bias_gradient": '''
def bias_gradient(dZ):
    """A docstring."""
    m = dZ.shape[1]
    return np.sum(dZ, axis=1, keepdims=True) / m  # (4.4)
''',
    "weight_gradient": '''
def weight_gradient(dZ, A_prev):
    m = dZ.shape[1]
    return dZ @ A_prev.T / m
''',
    "error_recursion": '''
def error_recursion(W_next, dZ_next, Z, g):
    return W_next.T @ dZ_next * g.prime(Z)
''',
    "as_python_reads_it": '''
def as_python_reads_it(dZ_next, W_next, slopes):
    return slopes * W_next.T @ dZ_next
''',
    "softmax_backward": '''
def softmax_backward(dA: Float[np.ndarray, "m k"], Z: Float[np.ndarray, "m k"]):
    A = np.exp(Z - Z.max(axis=1, keepdims=True))
    A /= A.sum(axis=1, keepdims=True)
    return A * (dA - (dA * A).sum(axis=1, keepdims=True))
''',
    "layer_norm_backward": '''
def layer_norm_backward(dY, X, gamma, eps: float):
    s = np.sqrt(X.var(axis=1, keepdims=True) + eps)
    Xhat = (X - X.mean(axis=1, keepdims=True)) / s
    dXhat = dY * gamma
    dX = (dXhat - dXhat.mean(axis=1, keepdims=True) - Xhat * (dXhat * Xhat).mean(axis=1, keepdims=True)) / s
    return dX, (dY * Xhat).sum(axis=0)
''',
    "leaky_relu_prime": '''
def leaky_relu_prime(z, eps: float = 0.01):
    return np.where(z >= 0, np.ones_like(z), eps * np.ones_like(z))
''',
    "l2_update": '''
def l2_update(W, dW, alpha: float, lam: float, m: int):
    return (1 - alpha * lam / m) * W - alpha * dW
''',
    "matrix_inverse_backward": '''
def matrix_inverse_backward(dC, A):
    C = np.linalg.inv(A)
    return -C.T @ dC @ C.T
''',
    "gaussian_kl_backward": '''
def gaussian_kl_backward(mu, sigma, nu, tau):
    dmu = (mu - nu) / tau**2
    return dmu, sigma / tau**2 - 1 / sigma, -dmu, 1 / tau - (sigma**2 + (mu - nu) ** 2) / tau**3
''',
    "scale_printed": '''
def scale_printed(X_centered, sigma2):
    return X_centered / sigma2
''',
    "sum_over_examples": '''
def sum_over_examples(delta, a_prev):
    return np.einsum("ik,jk->ij", delta, a_prev) / delta.shape[1]
''',
    "huber": '''
def huber(r, delta: float):
    return np.maximum(-delta, np.minimum(r, delta)) * np.abs(r) ** 0.5
''',
}


def lines(markup: str) -> str:
    """One element a line where rows and cells begin, so that a difference can be read."""
    return str(markup).replace("<mtr", "\n<mtr").replace("<mtd", "\n  <mtd") + "\n"


def write() -> None:
    FOLDER.mkdir(exist_ok=True)
    for name, code in CODE.items():
        formula = formula_of_code(code)
        assert formula is not None, name
        (FOLDER / f"{name}.mathml").write_text(lines(formula), encoding="utf-8")


if __name__ == "__main__":
    write()
