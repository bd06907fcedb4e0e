"""The engine: a blueprint is compiled to a Program, and a kernel runs it."""
