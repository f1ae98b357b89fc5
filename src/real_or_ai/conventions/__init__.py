"""What all rooms agree on: words, arrays, tables, parameters, outs, and how mistakes are told."""
