"""Gallery: derivations beyond the notes."""

NAME = "gallery"
DOCUMENTS = (
    ".softmax", ".log_sum_exp", ".focal_loss", ".info_nce", ".huber", ".gaussian_nll", ".gaussian_kl", ".vae",
    ".gelu", ".silu", ".softplus", ".layer_norm", ".batch_norm", ".rms_norm", ".dropout", ".embedding",
    ".cosine_similarity", ".attention", ".causal_attention", ".lstm", ".gru", ".state_space", ".convolution",
    ".max_pooling", ".matrix_inverse", ".log_determinant", ".cholesky",
)
ROWS = 35
