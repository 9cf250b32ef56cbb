"""Operations for people and pipelines. It knows which service's console does what, and how its answer is to be read."""
