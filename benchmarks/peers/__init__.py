"""What benchmarks/render.py measures: each contender draws the same RenderBatch its own way."""
