"""What is wrong with a design on paper: rules over a blueprint and its closed form, each with its source."""
