"""The benchmarks: the hub beside its peers, on one machine, over one MongoDB."""
