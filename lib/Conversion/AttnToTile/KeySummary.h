//===- KeySummary.h - least and greatest elements of tiles ------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A tensor that a mask reads at the key, such as ids of documents, is summed up
// by a tree: node n has the nodes 2n and 2n + 1 below it, and the leaves are
// tiles of keys. It is made before the kernel that uses it, and it is as long
// as the number of tiles, not of pairs of tiles.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_CONVERSION_ATTNTOTILE_KEYSUMMARY_H
#define ATTN_LIB_CONVERSION_ATTNTOTILE_KEYSUMMARY_H

#include "Widener.h"

namespace mlir {
namespace attn {

/// Where the kernels of summaries are made and launched.
struct SummaryHost {
  /// In front of the launch that uses the summaries.
  OpBuilder &builder;
  SymbolTable &symbols;
  /// The number of keys, a value of the surrounding function.
  Value keyExtent;
};

/// The summaries of one mask.
class KeySummaries {
public:
  explicit KeySummaries(SummaryHost &host) : host(host) {}

  /// The tree of a tensor whose `axis` is the key: the tensor's shape with the
  /// nodes in place of that axis, and a last axis for the least and the
  /// greatest element.
  Value getTree(Location loc, Value source, unsigned axis, int64_t step);

  /// Reads the two elements of the group of `count` tiles from `first` on.
  static std::pair<Value, Value> load(OpBuilder &b, Location loc,
                                      KernelArguments &arguments, Value tree,
                                      unsigned axis, SmallVector<Value> indices,
                                      Value first, Value count);

private:
  SummaryHost &host;
  DenseMap<std::pair<Value, unsigned>, Value> trees;
};

} // namespace attn
} // namespace mlir

#endif // ATTN_LIB_CONVERSION_ATTNTOTILE_KEYSUMMARY_H
