"""How a policy does in scenes it has never seen, and why: rollouts, statistics, results, instruments."""
