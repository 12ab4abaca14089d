"""The gallery: every derivation is verified, all but two are certified, and wrong versions of each are refuted."""

import ast
import dataclasses
import functools
import re
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

import verify.gallery
from verify import documents
from verify.checking import check_claim
from verify.settings import Settings
from verify.signatures import read

FOLDER = Path(verify.gallery.__file__).parent
FILES = sorted(path.stem for path in FOLDER.glob("*.py") if path.stem != "__init__")
CLAIMS = {claim.label: claim for claim in documents.load("verify.gallery").claims}
MOST_LINES = 10

SUBJECTS = {
    "softmax": ("softmax_backward", "cross_entropy_backward", "softmax_cross_entropy_backward"),
    "log_sum_exp": ("log_sum_exp_backward", "log_sum_exp_hessian"),
    "focal_loss": ("focal_loss_backward",),
    "info_nce": ("info_nce_backward",),
    "huber": ("huber_psi", "huber_curvature"),
    "gaussian_nll": ("gaussian_nll_backward", "multivariate_nll_backward"),
    "gaussian_kl": ("gaussian_kl_backward",),
    "vae": ("sample_backward", "divergence_backward"),
    "gelu": ("gelu_prime", "gelu_tanh_prime"),
    "silu": ("silu_prime",),
    "softplus": ("softplus_prime", "softplus_second"),
    "layer_norm": ("layer_norm_backward",),
    "batch_norm": ("batch_norm_backward",),
    "rms_norm": ("rms_norm_backward",),
    "dropout": ("dropout_backward",),
    "embedding": ("embedding_backward",),
    "cosine_similarity": ("cosine_similarity_backward",),
    "attention": ("attention_backward",),
    "causal_attention": ("causal_attention_backward",),
    "lstm": ("lstm_cell_backward",),
    "gru": ("gru_cell_backward",),
    "state_space": ("state_space_backward",),
    "convolution": ("convolution_backward",),
    "max_pooling": ("max_pooling_backward",),
    "matrix_inverse": ("matrix_inverse_backward",),
    "log_determinant": ("log_determinant_backward",),
    "cholesky": ("cholesky_backward",),
}


def test_every_subject_has_its_file_and_its_claims():
    assert sorted(SUBJECTS) == FILES
    assert [f".{subject}" for subject in SUBJECTS] == list(verify.gallery.DOCUMENTS)
    assert list(CLAIMS) == [label for labels in SUBJECTS.values() for label in labels]
    for subject, labels in SUBJECTS.items():
        assert {Path(CLAIMS[label].file).stem for label in labels} == {subject}
        assert len({CLAIMS[label].section for label in labels} - {""}) == 1
    assert len(CLAIMS) == verify.gallery.ROWS


NOT_CERTIFIED = dict.fromkeys(SUBJECTS["gelu"], "which rounded constants explain")


@pytest.mark.parametrize("label", CLAIMS)
def test_certified(label):
    pytest.importorskip("flint")
    result = check_claim(CLAIMS[label], Settings(examples=24))
    why = NOT_CERTIFIED.get(label, "")
    assert result.verdict == ("verified" if why else "certified"), (result, result.certificate)
    assert why in result.certificate["why"]
    assert not [note for note in result.notes if note.startswith(("loose", "zero everywhere"))]


# -- as a researcher would write it ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FILES)
def test_what_is_neither_forward_nor_derivation_takes_few_lines(name):
    source = (FOLDER / f"{name}.py").read_text()
    lines = apparatus(source, {claim.of.__name__ for claim in CLAIMS.values() if Path(claim.file).stem == name})
    assert 0 < len(lines) <= MOST_LINES, "\n".join(lines)


def test_the_count_leaves_out_forwards_derivations_and_docstrings_alone():
    source = '''"""Title.

    Source.
    """
import numpy as np

C = (
    1, 2,
)


def f(x):
    """Forward."""
    return x


def helper(x):
    """Of neither."""

    return x


@vjp(
    of=f,
)
def g(
    dy, x,
):
    """Derivation."""
    return dy


derivative(of=f, label="x")(helper)
'''
    assert apparatus(source, {"f"}) == [
        "import numpy as np", "C = (", "    1, 2,", ")", "def helper(x):", "    return x",
        "@vjp(", "    of=f,", ")", 'derivative(of=f, label="x")(helper)',
    ]


def apparatus(source, forwards):
    """The lines of a document that are not blank and belong to no forward, decorated function or docstring."""
    lines = source.splitlines()
    tree = ast.parse(source)
    inside = docstring_lines(tree)
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            inside |= docstring_lines(node)
            if node.decorator_list or node.name in forwards:
                inside |= set(range(node.lineno, node.end_lineno + 1))
    return [line for k, line in enumerate(lines, start=1) if line.strip() and k not in inside]


def docstring_lines(node):
    if ast.get_docstring(node) is None:
        return set()
    return set(range(node.body[0].lineno, node.body[0].end_lineno + 1))


@pytest.mark.parametrize("name", FILES)
def test_each_file_names_its_source_and_its_derivations_are_numpy(name):
    module = import_module(f"verify.gallery.{name}")
    _, _, source = module.__doc__.partition("\n\n")
    assert re.search(r'\w[^"]*, "[^"]+",\s(19|20)\d\d\b', source), "no author, title and year"
    tree = ast.parse((FOLDER / f"{name}.py").read_text())
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.decorator_list:
            names = {item.id for item in ast.walk(ast.Module(node.body, [])) if isinstance(item, ast.Name)}
            assert not names & {"jax", "jnp", "nn", "lax", "jax_erf"}
            assert (ast.get_docstring(node) or "").count("$$") == 2


# -- teeth: each output in turn a little wrong -------------------------------------------------------------------------


def scaled(x):
    return x * (1 + 1e-6)


def zeroed(x):
    return np.zeros_like(x)


def last_changed(x):
    if np.ndim(x) == 0:
        return x + 1e-6 * (1 + np.abs(x))
    x = x.copy()
    x[-1] += 1e-6 * (1 + np.abs(x[-1]))
    return x


def wrong_in(claim, k, change):
    """The claim about the same derivation with its k-th output changed."""

    @functools.wraps(claim.hand)
    def wrong(*arguments):
        out = claim.hand(*arguments)
        if not isinstance(out, tuple):
            return change(out)
        return *out[:k], change(out[k]), *out[k + 1 :]

    return dataclasses.replace(claim, hand=wrong)


@pytest.mark.parametrize("label", CLAIMS)
def test_wrong_versions_are_refuted(label):
    claim = CLAIMS[label]
    wrt = read(claim).wrt if claim.kind in ("vjp", "gradient") else ("value",)
    for k, name in enumerate(wrt):
        for change in (scaled, zeroed, last_changed):
            result = check_claim(wrong_in(claim, k, change), Settings(examples=4, exact=False))
            assert result.verdict == "refuted", (name, change.__name__, str(result))
            assert result.counterexample["output"] == (f"d{name}" if name != "value" else name)
            assert result.counterexample["cause"] == "value"
