"""The device code: what runs per vertex, triangle and pixel. Types are warp's, checked when it compiles."""
