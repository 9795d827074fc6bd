"""What helps to check an implementation in another framework against this one.

FORMAT.md                     the case files, field by field, and what a longer training needs
MISTAKES.md                   planted mistakes, and how many of them the check finds and names
case chain meta contents file  what a case is, its settings as JSON, its arrays, and its file
cases record                  the suite, and how wn_ref computes a case
port layout normals           what a port is, its order of axes, and who hands out its noise
check run forms stages        a port is run and compared, quantity by quantity
rules model ..._rules         a step in float64 by any rules, right or wrong
causes attribution report     the usual mistakes, which of them explains a deviation, and what is said about it
numpy_port numpy_layers       the port to read first
torch_port torch_twin         PyTorch
jax_port                      JAX
jax_epoch                     whole epochs in JAX, for their speed
torch_state                   weights under PyTorch's names, and back
network_file network_facts    a network in a file
fit_vectors fit_curves fit_networks    curves with known midpoints, for another fitter
"""
