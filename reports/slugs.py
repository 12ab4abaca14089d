"""Labels as ids within a page."""

from hashlib import sha256

LONGEST = 80


def slug(label: str, prefix: str = "") -> str:
    """A label as an HTML id, one to one; a very long one ends in a digest."""
    kept = label[:LONGEST]
    text = "".join(c if c.isalnum() and c.isascii() else f"_{ord(c):x}_" for c in kept)
    rest = f"_{sha256(label.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}" if len(label) > LONGEST else ""
    return f"{prefix}c-{text}{rest}"
