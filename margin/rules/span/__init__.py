"""SPAN: risk arrays, charges and spreads of combined commodities."""
