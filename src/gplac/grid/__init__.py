"""Many cells (method, task, seed, budgets of weak data) measured by several processes, whatever interrupts them."""
