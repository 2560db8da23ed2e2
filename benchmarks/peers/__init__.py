"""What benchmarks/render.py measures beside our renderer: each module draws the same RenderBatch another way."""
