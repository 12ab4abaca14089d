"""Labels as ids within a page."""

from hashlib import sha256
from string import ascii_letters, digits

LONGEST = 80
_PLAIN = frozenset(ascii_letters + digits + ".@*")  # a link holds them as they are, without quotes


def slug(label: str, prefix: str = "") -> str:
    """A label as an HTML id, one to one; a very long one ends in a digest. Other ids of a page have a hyphen."""
    kept = label[:LONGEST]
    text = "".join(c if c in _PLAIN else f"_{ord(c):x}_" for c in kept)
    rest = f"_{sha256(label.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}" if len(label) > LONGEST else ""
    return f"{prefix}{text}{rest}"
