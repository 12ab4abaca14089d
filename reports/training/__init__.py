"""Training results files as a page: what was trained, how well, and whether autodiff stayed in step."""

from reports.training.page import render_training

__all__ = ["render_training"]
