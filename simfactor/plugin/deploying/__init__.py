"""Encoder and policy for the machine that acts."""
