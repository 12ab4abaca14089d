"""What one writes by mistake in place of something else: functions, comparisons, constants."""

import ast

FUNCTIONS: dict[str, tuple[str, ...]] = {
    "sum": ("mean",), "mean": ("sum",), "max": ("min",), "min": ("max",), "amax": ("min",), "amin": ("max",),
    "argmax": ("argmin",), "argmin": ("argmax",), "maximum": ("minimum",), "minimum": ("maximum",),
    "exp": ("expm1",), "expm1": ("exp",), "log": ("log1p",), "log1p": ("log",), "sin": ("cos",), "cos": ("sin",),
    "sinh": ("cosh",), "cosh": ("sinh",), "tanh": ("sinh",), "zeros_like": ("ones_like",), "ones_like": ("zeros_like",),
    "zeros": ("ones",), "ones": ("zeros",), "var": ("std",), "std": ("var",), "tril": ("triu",), "triu": ("tril",),
    "cumsum": ("cumprod",), "any": ("all",), "all": ("any",), "outer": ("multiply",), "sigmoid": ("tanh",),
    "floor": ("ceil",), "square": ("abs",),
}
DROPPED = frozenset({"sqrt", "abs", "absolute", "square", "log", "exp", "tanh", "sign", "reciprocal"})  # f(x) to x
COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Gt: (ast.GtE, ast.Lt), ast.GtE: (ast.Gt, ast.LtE), ast.Lt: (ast.LtE, ast.Gt), ast.LtE: (ast.Lt, ast.GtE),
    ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,),
}
SMALL = 1e-3  # a constant below is an eps


def constants(value: object) -> tuple[float | int, ...]:
    """What a number is taken for: 0.5 for 1, 1 for 2, an eps for none or a larger one."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return ()
    if isinstance(value, int):
        return {0: (1,), 1: (2, 0), 2: (1, 3)}.get(value, (value + 1, value - 1))
    if 0 < abs(value) < SMALL:
        return (0.0, 10 * value)
    return {0.0: (1.0,), 0.5: (1.0,), 1.0: (2.0, 0.0), 2.0: (1.0,)}.get(value, (2 * value, value / 2))
