"""A package of its own name: the folder above is called as the package that is tested."""
