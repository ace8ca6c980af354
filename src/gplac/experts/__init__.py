"""Who demonstrates: TRPO on full state (section 6.1), and clones without pictures, as ceiling and floor."""
