"""Blueprint to numbers in closed form: rates, utilisation, waits, availability, cost, sizing."""
