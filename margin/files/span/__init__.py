"""Readers of SPAN files, in fixed columns and in XML."""
