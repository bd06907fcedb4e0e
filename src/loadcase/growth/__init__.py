"""What becomes of a design when its load grows: what breaks, at which load, what mends it, what breaks next."""
