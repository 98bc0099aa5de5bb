"""Claims of the documentation, each with the script that shows how true it is."""
