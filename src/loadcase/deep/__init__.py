"""What the contract does not need: parts of a design are taken out in turn, and what is left is judged."""
