"""The ground floor: units, expressions, distributions, errors and the tables that other rooms share."""
