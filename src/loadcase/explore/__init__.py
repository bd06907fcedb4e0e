"""Many runs, one question: sweeps over a design's fields, two designs side by side, and where the choice flips."""
