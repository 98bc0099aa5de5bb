"""Readers of what venues, brokers and spreadsheets say of an account."""
