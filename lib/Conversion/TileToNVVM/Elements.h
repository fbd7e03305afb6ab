//===- Elements.h - single elements of tile values --------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_CONVERSION_TILETONVVM_ELEMENTS_H
#define ATTN_LIB_CONVERSION_TILETONVVM_ELEMENTS_H

#include "attn/Dialect/Tile/IR/Tile.h"

#include "mlir/IR/IRMapping.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

#include <map>

namespace mlir::tile {

/// Emits scalar code for elements of tile values: what a thread needs that
/// copies tiles in an order of its own. Code is emitted where the builder
/// stands, and reused while the emitter lives: one emitter is for one block.
class ElementEmitter {
public:
  /// `outer` maps the scalars and memrefs that are lowered already.
  ElementEmitter(ImplicitLocOpBuilder &b, const IRMapping &outer)
      : b(b), scalars(outer) {}

  /// Makes `to` stand for the scalar `from` of the kernel.
  void map(Value from, Value to) { scalars.map(from, to); }

  /// The scalar (or memref) `value` of the kernel; what computes it is copied
  /// here if it is not lowered yet.
  Value emitScalar(Value value);

  /// The element of the tile value at `row` and `column`, which may be null
  /// along an axis of size 1. A scalar is its own element.
  Value emitElement(Value value, Value row, Value column);

  /// Whether all `masks` hold at an element; null if there are none.
  Value emitValid(ValueRange masks, Value row, Value column);

  /// What `load` reads at an element: 0 where it is not valid.
  Value emitLoad(LoadOp load, Value row, Value column);

private:
  Value emitOperation(Operation *op, Value row, Value column);

  ImplicitLocOpBuilder &b;
  IRMapping scalars;
  using Key = std::tuple<const void *, const void *, const void *>;
  std::map<Key, Value> elements;
};

} // namespace mlir::tile

#endif // ATTN_LIB_CONVERSION_TILETONVVM_ELEMENTS_H
