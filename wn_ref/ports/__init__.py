"""What helps to check an implementation in another framework against this one.

vectors      one training step, with everything that goes into it and everything that comes out
torch_twin   the same networks in PyTorch
"""
