"""Blueprint to Program, part by part."""
