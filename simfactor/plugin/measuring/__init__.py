"""What was measured in the real world: its camera, its trials."""
