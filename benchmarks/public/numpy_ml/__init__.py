"""numpy-ml: every gradient of its activations, losses, layers and modules.

The package computes its gradients in its parameters into `layer.gradients`; `made` gives a layer known parameters.
"""

import collections
import collections.abc

collections.Hashable = collections.abc.Hashable  # the package is of 2020, and looks for it where it was

NAME = "numpy_ml"
DOCUMENTS = (".activations", ".losses", ".layers", ".volumes", ".sequences", ".modules")
