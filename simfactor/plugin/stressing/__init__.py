"""Policies put to the test."""
