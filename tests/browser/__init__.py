"""Reports opened in a real, headless Chromium. Each check returns what is wrong, in words: an empty list is a pass."""
