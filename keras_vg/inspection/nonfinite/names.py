"""What `keras.ops` calls an operation that a backend has its own name for."""

import re

_NAMES = {
    "add": "addv2 bias_add add_any add_n add_bias add_ addcmul",
    "subtract": "sub rsub",
    "multiply": "mul mul_no_nan",
    "divide": "div real_div true_divide truediv true_div div_no_nan",
    "matmul": "mm addmm bmm baddbmm mat_mul batch_mat_mul_v2 batch_mat_mul_v3 batch_mat_mul dot_general einsum linear "
    "dot mv addmv fused_mat_mul",
    "power": "pow integer_pow",
    "sum": "reduce_sum sum_dim_int_list",
    "mean": "reduce_mean",
    "max": "reduce_max amax max_reduce",
    "min": "reduce_min amin",
    "prod": "reduce_prod",
    "where": "select_v2 select select_n where_self",
    "cast": "convert_element_type _to_copy to_copy to",
    "take": "gather gather_v2 resource_gather embedding index_select index gather_nd",
    "conv": "conv2d conv_general_dilated convolution conv3d conv1d depthwise_conv2d_native conv2d_backprop_input "
    "conv2d_backprop_filter",
    "sigmoid": "logistic",
    "negative": "neg",
    "arccos": "acos",
    "arcsin": "asin",
    "arctanh": "atanh",
    "arccosh": "acosh",
    "softmax": "_softmax",
    "log_softmax": "_log_softmax",
    "norm": "linalg_vector_norm linalg_norm",
    "batch_normalization": "native_batch_norm fused_batch_norm_v3 cudnn_batch_norm batch_norm_elemt",
    "layer_normalization": "native_layer_norm",
    "identity": "detach clone alias lift_fresh copy copy_p stop_gradient read_variable_op prevent_gradient",
    "categorical_crossentropy": "softmax_cross_entropy_with_logits",
    "sparse_categorical_crossentropy": "sparse_softmax_cross_entropy_with_logits nll_loss nll_loss_forward",
    "cholesky": "linalg_cholesky_ex linalg_cholesky",
    "inv": "matrix_inverse linalg_inv_ex linalg_inv",
    "slogdet": "log_matrix_determinant",
    "det": "matrix_determinant linalg_det",
}
_KNOWN = {known: name for name, others in _NAMES.items() for known in others.split()}


def name_operation(raw: str) -> str:
    """Names an operation as `keras.ops` does.

    Args:
        raw: A backend's name: `"RealDiv"`, `"div"`, `"dot_general"`, or of torch's autograd `"DivBackward0"`.

    Returns:
        E.g. `"divide"`; a name that is not known in lower case with underscores.

    Example:
        >>> name_operation("RealDiv"), name_operation("DivBackward0"), name_operation("Log1p")
        ('divide', 'divide', 'log1p')
    """
    name = re.sub(r"Backward\d*$", "", raw.rsplit("::", 1)[-1])
    name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
    return _KNOWN.get(name, name)
