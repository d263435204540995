"""Export of trained styles: SavedModel and TFLite."""
