"""Known answers: published results and closed forms, each simulated as a blueprint and compared."""
