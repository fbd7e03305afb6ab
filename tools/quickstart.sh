#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# From nothing to numbers: builds attn-run, compiles one mechanism for this
# processor, compares it with the reference semantics and measures it.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=${ATTN_BUILD_DIR:-$root/build}
bash "$root/tools/setup.sh" attn-run

# Sigmoid attention with ALiBi slopes: batch 1, 4 heads, 512 tokens.
mechanism=$root/test/Integration/Catalog/dense-score/sigmoid_attention.mlir
run=("$build/bin/attn-run" "$mechanism"
  --input=random:1@1x4x512x16 --input=random:2@1x4x512x16
  --input=random:3@1x4x512x16 --input=random:4:uniform
  --check --time)
echo
echo "\$ ${run[*]}"
exec "${run[@]}"
