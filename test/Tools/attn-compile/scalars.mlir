// Scalars are passed by value and returned through pointers, in the types of C.

// Off under sanitizers, because the C program is compiled without them and
// could not link the runtime, which is compiled with them.
// UNSUPPORTED: sanitizers

// RUN: rm -rf %t && mkdir %t
// RUN: attn-compile %s -o %t/scalars.o --header=%t/scalars.h
// RUN: %llvm_bin/clang -std=c11 -O1 -Wall -Wextra -Werror -I%t %S/Inputs/scalars.c %t/scalars.o \
// RUN:   %attn_build/lib/libAttnRuntimeStatic.a -pthread -lm -o %t/scalars
// RUN: %t/scalars | FileCheck %s
// CHECK: {{^}}0 -1 -300 70000 1099511627776 1.5 2.25 3c00
// CHECK: {{^}}4 4 rank 0
// CHECK: {{^}}output 6: expected an address, found a null pointer, 0

// A bit that is not 0 counts as 1.
func.func @mixed(%bit: i1, %a: i8, %b: i16, %c: i32, %d: i64, %e: f32, %f: f64, %g: f16)
    -> (i1, i8, i16, i32, i64, f32, f64, f16) {
  %true = arith.constant true
  %not = arith.xori %bit, %true : i1
  return %not, %a, %b, %c, %d, %e, %f, %g : i1, i8, i16, i32, i64, f32, f64, f16
}
func.func @single(%x: tensor<f32>) -> f32 {
  %0 = tensor.extract %x[] : tensor<f32>
  return %0 : f32
}
func.func @wrap(%x: f32) -> tensor<f32> {
  %0 = tensor.from_elements %x : tensor<f32>
  return %0 : tensor<f32>
}
func.func @nothing() {
  return
}

// Names of functions that differ by a suffix do not get into each other's way.
func.func @nothing_packed() {
  return
}
func.func @nothing_memrefs() {
  return
}
