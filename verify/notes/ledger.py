"""Vectorized backprop (2017): the notes, equation by equation."""

NAME = "notes"
DOCUMENTS = (
    ".section_1", ".section_2", ".kinks", ".output_layers", ".tables", ".section_3",
    ".section_4", ".section_4_gradients", ".section_4_algorithm", ".independent", ".edges", ".guards", ".section_5",
    ".section_6", ".normalization_steps", ".initialization", ".initialization_statistics", ".deep_networks",
    ".layer_scales", ".gradient_descent",
    ".section_7", ".weight_decay", ".dropout", ".dropout_expectations", ".dropout_backward", ".whole_networks",
    ".other_shapes", ".independent_dropout", ".training", ".early_stopping", ".numeric_domain", ".saturation",
)
CODE = ("manual_bp",)  # whose lines are tagged with the labels
ROWS = 324
