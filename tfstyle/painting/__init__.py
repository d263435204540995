"""How a generator meets pixels."""
