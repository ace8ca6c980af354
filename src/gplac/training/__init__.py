"""The training loop, its batches, its checkpoints, and the policy that comes out of it."""
