"""Facts of the worked example's risk of bias, and two assessors' first judgements. Pure."""
