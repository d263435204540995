"""Whether a batch can be divided among devices, asked before Keras is loaded."""


def check_division(batch_size: int, devices: int | str) -> None:
    """Refuses a number of devices that cannot divide a batch.

    Args:
        batch_size: Integer, images in a batch.
        devices: Integer, or `"all"`: their number is known when Keras is loaded.

    Raises:
        ValueError: if it cannot, or if `devices` is something else.
    """
    if devices == "all":
        return
    if not isinstance(devices, int) or devices < 1:
        raise ValueError(f"devices must be 'all' or an integer above 0. Received: {devices!r}")
    if batch_size % devices:
        least = -(-batch_size // devices) * devices
        raise ValueError(
            f"{devices} devices need a batch size that {devices} divides. Received: {batch_size}. "
            f"Set batch_size = {least} in the recipe (tfstyle train: --batch-size {least})."
        )
