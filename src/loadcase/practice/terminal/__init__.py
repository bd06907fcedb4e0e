"""A session in the terminal: a line at a time, with slash commands."""
