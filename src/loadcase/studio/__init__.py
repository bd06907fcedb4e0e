"""The studio: a local web page over the same calls as the terminal, and the server behind it."""
