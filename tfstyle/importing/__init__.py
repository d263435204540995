"""Style networks of other projects: their weights become styles."""
