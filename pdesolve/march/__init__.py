"""The march of one contract: rows, operator, events, steps, and reading."""
