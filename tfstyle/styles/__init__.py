"""What a training leaves behind: recipe, weights, card."""
