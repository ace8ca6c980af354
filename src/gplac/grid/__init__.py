"""Many cells (a method, a task, a seed, a weak budget) measured by several processes, whatever interrupts them."""
