// Several compiled libraries work in one process, linked or loaded, and may be
// closed after their threads have started.

// Off under sanitizers, because the C program is compiled without them and
// could not link the runtime, which is compiled with them.
// UNSUPPORTED: sanitizers

// RUN: rm -rf %t && mkdir %t
// RUN: attn-compile %s --entry=add -o %t/libadd.so --header=%t/add.h
// RUN: attn-compile %s --entry=mul -o %t/libmul.so --header=%t/mul.h
// RUN: %llvm_bin/clang -std=c11 -Wall -Wextra -Werror -DLINKED -I%t %S/Inputs/two.c -L%t -ladd -lmul \
// RUN:   -Wl,-rpath,%t -o %t/linked
// RUN: %llvm_bin/clang -std=c11 -Wall -Wextra -Werror -I%t %S/Inputs/two.c -ldl -o %t/loaded

// RUN: %t/linked | FileCheck %s --check-prefix=LINKED
// LINKED: {{^}}7
// LINKED-NEXT: {{^}}12
// LINKED-NEXT: linalg.add: axis 0 of operand 1: expected 1000, found 999
// LINKED-NEXT: linalg.mul: axis 0 of operand 1: expected 1000, found 998

// RUN: %t/loaded %t/libadd.so %t/libmul.so | FileCheck %s --check-prefix=LOADED
// LOADED: {{^}}7
// LOADED-NEXT: linalg.add: axis 0 of operand 1: expected 1000, found 999
// LOADED-NEXT: {{^}}12
// LOADED-NEXT: linalg.mul: axis 0 of operand 1: expected 1000, found 999
// LOADED-NEXT: {{^}}7
// LOADED-NEXT: linalg.add: axis 0 of operand 1: expected 1000, found 999
// LOADED-NEXT: {{^}}12
// LOADED-NEXT: linalg.mul: axis 0 of operand 1: expected 1000, found 999

func.func @add(%x: tensor<?xf32>, %y: tensor<?xf32>) -> tensor<?xf32> {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x, %c0 : tensor<?xf32>
  %init = tensor.empty(%n) : tensor<?xf32>
  %z = linalg.add ins(%x, %y : tensor<?xf32>, tensor<?xf32>) outs(%init : tensor<?xf32>) -> tensor<?xf32>
  return %z : tensor<?xf32>
}
func.func @mul(%x: tensor<?xf32>, %y: tensor<?xf32>) -> tensor<?xf32> {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x, %c0 : tensor<?xf32>
  %init = tensor.empty(%n) : tensor<?xf32>
  %z = linalg.mul ins(%x, %y : tensor<?xf32>, tensor<?xf32>) outs(%init : tensor<?xf32>) -> tensor<?xf32>
  return %z : tensor<?xf32>
}
