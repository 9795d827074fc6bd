"""What helps to check an implementation in another framework against this one.

vectors       one training step, with everything that goes into it and everything that comes out
torch_twin    the same networks in PyTorch
torch_state   weights under PyTorch's names, and back
network_file  a network in a file
fit_vectors   curves with known midpoints, for another fitter
"""
