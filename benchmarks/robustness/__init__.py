"""Files that lie, processes that are killed: what tfstyle does with them."""
