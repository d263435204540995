"""Trained styles, one folder each, no code: see `tfstyle.list_styles`."""
