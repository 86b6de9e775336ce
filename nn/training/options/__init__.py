"""What `fit` may be given besides rows, targets and a loss: weights, a share of rows to hold out, others' metrics."""
