"""Specifications as tables: each row is a test."""
