// RUN: attn-opt %s --emit-bytecode -o %t.mlirbc
// RUN: %python %S/Inputs/set_version.py %t.mlirbc %t.same.mlirbc 1
// RUN: attn-opt %t.same.mlirbc | FileCheck %s
// RUN: %python %S/Inputs/set_version.py %t.mlirbc %t.older.mlirbc 0
// RUN: attn-opt %t.older.mlirbc | FileCheck %s
// RUN: %python %S/Inputs/set_version.py %t.mlirbc %t.newer.mlirbc 2
// RUN: not attn-opt %t.newer.mlirbc 2>&1 | FileCheck %s --check-prefix=NEWER

// Bytecode tells the version of the dialect that wrote it; that of a later
// version is refused with both numbers.

// CHECK-LABEL: func @mask(
// CHECK: attn.mask.causal
// NEWER: error: expected version 1 of the attn dialect or an earlier one, found 2
// NEWER-NOT: error:
func.func @mask() -> !attn.mask<1, 1> {
  %m = attn.mask.causal
  return %m : !attn.mask<1, 1>
}
