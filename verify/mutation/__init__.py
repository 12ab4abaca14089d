"""Wrong versions of a derivation, to see that its check would have caught them."""
