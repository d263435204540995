"""The claims of the instance normalization paper, measured: `python -m benchmarks.paper --help`.

One script an experiment. Each has the claims that it is about (`CLAIMS`), the trainings that it
needs (`trainings`), what it measures of them (`measure`) and a chart of that (`draw`).

Reference:
    Ulyanov, Vedaldi, Lempitsky, *Instance Normalization: The Missing Ingredient for Fast
    Stylization*, arXiv 1607.08022.
"""
