"""The report's drawings: plain data of a results file to SVG and HTML text, every one a pure function.

Their style is `reports/templates/drawings.css`, in the page's variables.
"""

from reports.drawings.entries import entries_table
from reports.drawings.equations import equations_graph
from reports.drawings.histogram import EDGES, histogram, histogram_legend
from reports.drawings.numbers import numbers_table
from reports.drawings.shapes import shapes_map
from reports.drawings.values import values_covered

__all__ = [
    "EDGES", "entries_table", "equations_graph", "histogram", "histogram_legend", "numbers_table", "shapes_map",
    "values_covered",
]
