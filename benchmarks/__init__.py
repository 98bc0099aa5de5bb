"""Every claim about speed: each script prints a table, and whether its budgets hold."""
