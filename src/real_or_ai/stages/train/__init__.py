"""Stage `train`: fits one network.

Its section of params.yaml holds `augmentation` and a section a network, whose class stands in the
network's file.
"""
