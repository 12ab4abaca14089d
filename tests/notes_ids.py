"""The statements of the notes by their ids, in order, with the verdict that each must have.

verified: true, under the reading or the convention that its row states. refuted: false as printed; the correction is the
row `ID*`. definition: nothing to compute. missing: named and not given; what we fill in is a row of its own.
"""

_VERDICTS = {
    "definition": """
        1.1 1.2 1.3 1.5 1.10 1.11 1.18 2.hdr 3.0 4.2def 6.1.2name 7.2p
    """,
    "verified": """
        1.4 1.6a 1.7a 1.8a 1.9 1.12 1.13 1.14 1.15 1.16 1.17
        2.CE 2.BCE 2.simpl 2.J 2.sigmoid 2.sigmoid' 2.tanh 2.tanh' 2.relu 2.relu' 2.leaky 2.leaky'
        3.1 3.1b 3.2
        4.0a 4.0b 4.0c 4.1 4.2chain 4.2diag 4.2rec 4.2dim 4.3chain 4.3 4.3dim 4.4chain 4.4 4.4dim
        4.5chain 4.5i1 4.5i2 4.5i3 4.5 4.5dim 4.B1 4.B2 4.B3 4.B4 4.B5 4.B6
        5.0 5.1A 5.2Achain 5.2A 5.2Adim 5.3A 5.B1 5.B3a 5.B3b 5.B4a 5.B4b
        6.1 6.1.1mu 6.1.1c 6.1.1var 6.1.2var 6.1.2n 6.1.2X 6.1.2H 6.1.2B 6.2
        7.1g 7.1u 7.2a 7.2b 7.2c 7.2bw 7.2x
    """,
    "refuted": """
        1.6b 1.7b 1.8b 4.2bcast 4.4id 4.4np 5.2Arecall 5.B2 6.1.1s 6.1.2np 7.1J 7.1F
    """,
    "missing": """
        1.M 4.1CE 6.1.1t 6.1.2b 7.1L1 7.3
    """,
}
VERDICTS = {label: verdict for verdict, labels in _VERDICTS.items() for label in labels.split()}

# Ambiguous statements: the bare id is the reading taken, `ID@other` a rejected one.
AMBIGUOUS = ("1.5", "1.15", "2.simpl", "4.1", "4.2rec", "4.B3", "6.1.2var", "7.2p")

# True only under a condition: rows for where it is false.
CONDITIONS = {
    "2.leaky'": "2.leaky'@eps>1", "3.1b": "3.1b@flat", "4.2diag": "4.2diag@softmax", "4.2rec": "4.2rec@dropout",
    "4.B3": "4.B3@dropout",
}

# The errata and conventions; there is no E20.
ERRATA = (
    "E1", "E2", "E3", "E4", "E5", "E6", "E7", "E8", "E9", "E10", "E11", "E12", "E12b", "E12c", "E13", "E14", "E15", "E16",
    "E16b", "E16c", "E17", "E18", "E19", "E21", "E22",
)
