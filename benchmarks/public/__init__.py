"""Derivations that others wrote: the gradients of two public NumPy packages, each a document of claims about them."""
