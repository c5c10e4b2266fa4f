"""Networks that hear: what is pretrained, what is fine-tuned, and what both are fed."""
