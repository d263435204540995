"""The optimizer of the trainings."""

import keras
from keras import ops

# Of the quintic that takes singular values from (0, 1] to about 0.7 to 1.2 in five rounds.
_QUINTIC = (3.4445, -4.7750, 2.0315)

_ROUNDS = 5

_MOMENTUM = 0.95

_RMS = 0.2


class Muon(keras.optimizers.Adam):
    """Muon for the kernels of hidden convolutions, and Adam for all other weights.

    A kernel `[height, width, in, out]` is treated as a matrix of `height * width * in` rows and
    `out` columns. Its gradient G has few large directions and many small ones. An optimizer that
    works element by element mostly follows the large ones. Muon gives all directions equal length
    by orthogonalizing the momentum M:

        M <- 0.95 M + 0.05 G
        U S V^T = 0.95 M + 0.05 G        (Nesterov momentum)
        W <- W - 0.2 sqrt(max(rows, columns)) learning_rate U V^T

    The factor `0.2 sqrt(max(rows, columns))` gives the step the usual length of Adam's, so that
    both use the same learning rate. Adam updates biases, gamma, beta, and the kernels whose input
    or output is an image. Orthogonalizing those kernels, too, made trainings slower.

    Args:
        *args: See `keras.optimizers.Adam`.
        **kwargs: See `keras.optimizers.Adam`.

    Reference:
        Jordan et al., *Muon: An optimizer for hidden layers in neural networks*, 2024; the
        factor: Liu et al., *Muon is Scalable for LLM Training*, arXiv 2502.16982, section 2.2.
    """

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        # The iterations bear bfloat16: the authors' own code has it.
        is_bfloat16 = keras.config.dtype_policy().compute_dtype == "bfloat16"
        self._products = "bfloat16" if is_bfloat16 else "float32"

    def update_step(self, gradient, variable, learning_rate):
        if not _is_hidden_kernel(variable):
            super().update_step(gradient, variable, learning_rate)
            return
        gradient = ops.cast(gradient, variable.dtype)
        momentum = self._momentums[self._get_variable_index(variable)]
        self.assign_add(momentum, (1 - _MOMENTUM) * (gradient - momentum))
        ahead = gradient + _MOMENTUM * (momentum - gradient)
        matrix = ops.reshape(ahead, (-1, variable.shape[-1]))
        length = _RMS * max(matrix.shape) ** 0.5 * ops.cast(learning_rate, variable.dtype)
        unit = orthogonalized(matrix, self._products)
        step = length * ops.cast(unit, variable.dtype)
        self.assign_sub(variable, ops.reshape(step, variable.shape))


def orthogonalized(matrix, dtype="float32"):
    """Returns approximately `U V^T` of a matrix `U S V^T`: singular values become 0.7 to 1.2.

    It uses Newton-Schulz iterations, which consist only of matrix products. Directions with
    singular values below about a thousandth of the largest stay small.

    Args:
        matrix: Float tensor `[rows, columns]`.
        dtype: Dtype in which the products are computed.

    Returns:
        Tensor `[rows, columns]` of this dtype.
    """
    rows, columns = matrix.shape
    if rows > columns:  # the smaller of the two products
        return ops.transpose(orthogonalized(ops.transpose(matrix), dtype))
    a, b, c = _QUINTIC
    x = ops.cast(matrix / (ops.sqrt(ops.sum(ops.square(matrix))) + 1e-12), dtype)
    for _ in range(_ROUNDS):
        square = ops.matmul(x, ops.transpose(x))
        x = a * x + ops.matmul(b * square + c * ops.matmul(square, square), x)
    return x


def _is_hidden_kernel(variable):
    return len(variable.shape) == 4 and 3 not in variable.shape[2:]
