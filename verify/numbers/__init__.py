"""Number systems on which traced programs are evaluated."""
