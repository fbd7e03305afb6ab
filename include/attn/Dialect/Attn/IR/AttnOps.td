//===- AttnOps.td - operations of the attn dialect ----------*- tablegen -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The families of ops; each has its own file.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_DIALECT_ATTN_IR_ATTNOPS
#define ATTN_DIALECT_ATTN_IR_ATTNOPS

include "attn/Dialect/Attn/IR/AttnBase.td"
include "attn/Dialect/Attn/IR/AttnMaskOps.td"
include "attn/Dialect/Attn/IR/AttnPartialOps.td"
include "attn/Dialect/Attn/IR/AttnPositionOps.td"
include "attn/Dialect/Attn/IR/AttnScoreOps.td"
include "attn/Dialect/Attn/IR/AttnSelectOps.td"
include "attn/Dialect/Attn/IR/AttnTensorOps.td"

#endif // ATTN_DIALECT_ATTN_IR_ATTNOPS
