"""Training on real data by the notes' recipe, in lock-step with autodiff."""
