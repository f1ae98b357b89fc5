"""The networks, a file each: those that are trained, and the frozen one that the SVM stands on.

The file of a network that is trained holds its `Hyperparameters`, which is its section of
params.yaml, and `build`. It imports torch where it builds: params.yaml is checked without it.
"""
