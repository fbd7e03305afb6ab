// RUN: %python %S/Inputs/fuzz_tile.py 1000 12 host | FileCheck %s --check-prefix=HOST
// RUN: %python %S/Inputs/fuzz_tile.py 9042 1 host
// RUN: %python %S/Inputs/fuzz_tile.py 2000 12 x86-64-v3 | FileCheck %s --check-prefix=V3

// Random small tile programs agree with numpy: loads and stores with indices
// and masks of every kind, products of odd sizes with and without masks,
// reductions, loops, and all element types.

// HOST: 12 programs agree with numpy on host
// V3: 12 programs agree with numpy on x86-64-v3
