"""What the benchmark of the encoders compares, on which images, and how it scores and draws them."""
