// Code for a processor that has more than this machine is compiled and reported
// as not run; the exit code says so. Every machine lacks AMX or the vectors of
// Zen 5, so one of the two is not run anywhere.

// RUN: rm -f %t.npy
// RUN: bash -c 'for cpu in sapphirerapids znver5; do attn-run %s --cpu=$cpu --input=random:1@5 --output=%t.npy; echo "exit $?"; done' > %t.log 2>&1
// RUN: FileCheck %s --input-file=%t.log
// CHECK: error: compiled, not run: code for cpu {{sapphirerapids|znver5}} uses {{.+}}, which this processor does not have
// CHECK-NEXT: exit 2

// What is wrong with the inputs is said first.
// RUN: not attn-run %s --cpu=sapphirerapids --input=random:1@5x5 2>&1 | FileCheck %s --check-prefix=RANK
// RANK: error: input 0 (%x): expected rank 1 (?), found rank 2 (5x5)

func.func @identity(%x: tensor<?xf32>) -> tensor<?xf32> {
  return %x : tensor<?xf32>
}
