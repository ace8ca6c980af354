"""Where work runs: in this process, in local processes, later on a cluster."""
