"""Applying a generator to pixels: as a whole, strip by strip, or with OpenVINO."""
