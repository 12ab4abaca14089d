"""Measured numbers as claims, bounded numbers of examples, pins that refute, and tags that tie code to equations."""

import pytest

import verify
from tests.documents import loaded, one, results, run, write
from verify import documents
from verify.documents import check
from verify.outline import DocumentError
from verify.tags import code_files, transcriptions


def test_measurement(tmp_path):
    found = results(tmp_path, """
        def largest(dtype: str): return np.log(np.finfo(dtype).max.astype(float))
        EDGES = {"float64": 709.7827, "float32": 88.7228}
        by_type = dict(domains={"dtype": ["float64", "float32"]}, within=1e-3)
        verify.measurement(equals=lambda dtype: EDGES[dtype], label="edges", **by_type)(largest)
        verify.measurement(equals=709.7827, label="one for both", **by_type)(largest)
        verify.measurement(equals=[1.0, 2.0], within=0.01, label="an array")(lambda: [1, 2.005])
        verify.measurement(equals=[1.0, 2.0], within=0.01, label="off")(lambda: [1, 2.02])
        verify.measurement(equals=[1.0, 2.0], within=0.01, label="shape")(lambda: 1.0)
        verify.measurement(equals=1.0, within=0.01, label="not a number")(lambda: np.nan)
        verify.measurement(equals=1.0, within=0.01, label="text")(lambda: "one")
        verify.measurement(equals=1.0, within=0.01, label="raises")(lambda: 1 / 0)
        verify.measurement(equals=np.inf, within=0.01, label="stated infinite")(lambda: 1.0)
        verify.measurement(equals=lambda x: 2 * x, within=1e-9, label="of drawn inputs", shapes={"x": "n"},
                           domains={"x": verify.between(0, 1)})(lambda x: x + x)
        verify.measurement(equals=1.0, within=0.1, label="known", expect="refuted", because="it is two",
                           counterexample={"k": 2}, domains={"k": [1, 2]})(lambda k: float(k))
    """)
    assert {label: result.verdict for label, result in found.items()} == {
        "edges": "verified", "one for both": "refuted", "an array": "verified", "off": "refuted", "shape": "refuted",
        "not a number": "refuted", "text": "refuted", "raises": "refuted", "stated infinite": "error",
        "of drawn inputs": "verified", "known": "refuted",
    }
    assert [n["found"]["data"] for n in found["edges"].numbers] == pytest.approx([709.782713, 88.722839])
    assert [n["stated"]["data"] for n in found["edges"].numbers] == [709.7827, 88.7228]
    assert found["off"].message == "measured [1] 2.02; stated is 2, within 0.01"
    assert found["raises"].counterexample["cause"] == "exception"
    assert found["known"].pinned["inputs"] == {"k": 2}


@pytest.mark.parametrize("within", [0, -1.0, float("inf"), "much"])
def test_a_distance_is_a_positive_number(within):
    with pytest.raises(ValueError, match=r"within=.*expected a number above 0"):
        verify.measurement(equals=1.0, within=within)


def test_examples_are_bounded(tmp_path):
    found = one(tmp_path, """
        @verify.identity(of=lambda x: 2 * x, shapes={"x": "n"}, examples=9)
        def twice(x): return x + x
    """)
    assert found.examples["tried"] == 9
    with pytest.raises(ValueError, match="examples=0"):
        verify.identity(of=abs, examples=0)


RARE = """
    @verify.identity(of=lambda x: x, shapes={"x": "n"}, domains={"x": verify.between(DOMAIN)}, expect="refuted",
                     because="not at one point", counterexample={"x": [0.5123456789]})
    def same(x): return np.where(x == 0.5123456789, 0.0, x)
"""


def test_a_pin_refutes_where_nothing_else_does(tmp_path):
    found = one(tmp_path, RARE.replace("DOMAIN", "0.4, 0.6"))
    assert found.verdict == "refuted"
    assert found.examples["refuted"] == 0
    assert found.pinned["outputs"][0]["by_hand"]["data"] == [0.0]


def test_a_pin_outside_the_domain_does_not(tmp_path):
    assert one(tmp_path, RARE.replace("DOMAIN", "0.6, 0.8")).verdict == "verified"


def test_tags(tmp_path):
    file = tmp_path / "code.py"
    file.write_text('''
class Layer:
    def forward(self, x):
        """(1.1) in a docstring is no tag."""
        y = self.W @ x  # (3.1) (3.2), both
        return y + "# (9.9)"  # see (4.4)

TABLE = {}  # (2.hdr)
''')
    found = transcriptions([file])
    assert set(found) == {"3.1", "3.2", "2.hdr"}
    (line,) = found["3.2"]
    assert (line["line"], line["function"]) == (5, "forward")
    assert line["code"].splitlines()[0] == "    def forward(self, x):"
    assert found["2.hdr"][0]["function"] == ""


def test_code_that_is_not_there_is_named(tmp_path, capsys, monkeypatch):
    with pytest.raises(DocumentError, match=r"lists 'no.such.package' in CODE"):
        code_files(["no.such.package"], "document.py")
    monkeypatch.chdir(tmp_path)
    write(tmp_path, "CODE = ('nowhere',)\nverify.definition(label='d', equation='x')\n")
    assert run("verify", "document.py") == 2
    assert "lists 'nowhere' in CODE" in capsys.readouterr().err


def test_what_a_claim_is_measured_on_is_kept(tmp_path):
    @verify.measurement(equals=lambda k: 2.0**k, within=1e-9, domains={"k": (1, 2, 3)})
    def power(k):
        return float(2**k)

    assert [number["found"]["data"] for number in check(power).numbers] == [2.0, 4.0, 8.0]


def test_one_example_of_each_static_choice_is_not_vacuous(tmp_path):
    body = """
        from hypothesis import strategies as st
        @verify.identity(of=lambda x, k: k * x, shapes={"x": ""}, domains={"k": [1, 2, 3], "x": DOMAIN}, examples=3)
        def scaled(x, k): return x * k
    """
    found = one(tmp_path, body.replace("DOMAIN", "verify.positive"))
    assert (found.verdict, found.examples["tried"]) == ("verified", 3)
    assert one(tmp_path, body.replace("DOMAIN", "st.just(2.0)")).verdict == "vacuous"


def test_a_document_s_hash_is_of_all_its_files_and_of_its_code(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(tmp_path))
    write(tmp_path, "CODE = ('coded_by_hand',)\nverify.definition(label='d', equation='x')\n")
    code = tmp_path / "coded_by_hand.py"
    hashes = []
    for text in ("y = 1  # (d)\n", "y = 2  # (d)\n"):
        code.write_text(text)
        hashes.append(documents.load(str(tmp_path / "document.py")).sha256)
    (tmp_path / "document.py").write_text((tmp_path / "document.py").read_text() + "\n")
    hashes.append(documents.load(str(tmp_path / "document.py")).sha256)
    assert len(set(hashes)) == 3


def test_a_very_long_message_is_abridged_on_the_terminal_alone(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write(tmp_path, """
@gradient(of=lambda x: jnp.sum(x), shapes={"x": "n"}, label="talks")
def talks(x): raise ValueError("begins " + "much to say, " * 8000 + " ends")
""")
    assert run("verify", "document.py", "--examples", "4") == 1
    printed = capsys.readouterr().out
    assert len(printed) < 4000
    assert "raised ValueError: begins much" in printed
    assert "ends" in printed
    assert "characters) ..." in printed
    assert len(loaded(tmp_path / "reports/out/document.json")["claims"][0]["message"]) > 100_000
