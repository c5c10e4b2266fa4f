"""The only home of torch: encoders, folds and the baseline."""
