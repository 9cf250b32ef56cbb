"""The shop that people see: pages made of the public interface, and of nothing else."""
