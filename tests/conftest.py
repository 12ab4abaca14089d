"""Hypothesis profiles: `ci` (default) is deterministic and fast; `--hypothesis-profile=long` explores at random."""

import os

from hypothesis import HealthCheck, settings

os.environ.setdefault("JAX_PLATFORMS", "cpu")

settings.register_profile(
    "ci", derandomize=True, database=None, deadline=None, max_examples=60, suppress_health_check=list(HealthCheck)
)
settings.register_profile(
    "long", derandomize=False, deadline=None, max_examples=1000, suppress_health_check=list(HealthCheck)
)
settings.load_profile("ci")
