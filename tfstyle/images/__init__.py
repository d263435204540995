"""Photographs in, pictures out; no networks.

The pixel contract: RGB, height before width, channels last. Files and people have uint8, 0 to
255; networks have float32 in [0, 1].
"""
