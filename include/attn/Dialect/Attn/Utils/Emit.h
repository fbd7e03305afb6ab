//===- Emit.h - scalar code for one pair of a query and a key ---*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Every lowering starts from this code: the reference runs it in loops, tile
// programs widen it to vectors.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_DIALECT_ATTN_UTILS_EMIT_H
#define ATTN_DIALECT_ATTN_UTILS_EMIT_H

#include "attn/Dialect/Attn/IR/PairView.h"

#include "mlir/IR/IRMapping.h"
#include <map>
#include <tuple>
#include <vector>

namespace mlir {
namespace attn {

/// Emits the code of one pair at the builder's insertion point. With `wide`,
/// f32 arithmetic of regions is carried out in f64.
class PairEmitter {
public:
  PairEmitter(OpBuilder &builder, Location loc, bool wide = false)
      : b(builder), loc(loc), wide(wide) {}

  /// The dimensions of `view`'s maps at batch and head indices `over`, query
  /// token `i` and key token `j`: grid axes follow from the tokens. The entry
  /// of the inner axis is null.
  SmallVector<Value> getDims(const PairView &view, ValueRange over, Value i,
                             Value j);

  /// Tells the axes of `token` on every grid whose sizes but the first are
  /// `innerSizes`; elsewhere they are divided out.
  void setAxes(Value token, ValueRange innerSizes, ValueRange axes);

  /// Whether `mask` shows the pair, as i1. `mask` must be defined by mask ops;
  /// otherwise emits an error at it and returns null.
  Value emitMask(Value mask, ValueRange over, Value i, Value j);

  /// The values bound by a `with` clause.
  SmallVector<Value> emitBindings(ArrayAttr infos, ValueRange operands,
                                  ValueRange dims);

  /// The value of one binding from those before it. `element` is what a load
  /// reads, if that is known.
  Value emitBinding(BindingAttr info, Value operand, ValueRange dims,
                    ValueRange bindings, Value element = {});

  /// The element of `tensor` at `map`, 0 outside of the tensor.
  Value emitLoad(Value tensor, AffineMap map, ValueRange dims,
                 ValueRange bindings);

  /// The positions of `map`. `heads` (may be null) is the number of heads by
  /// which the coordinate `head` is grouped.
  SmallVector<Value> emitIndices(AffineMap map, ValueRange dims,
                                 ValueRange bindings, Value tensor = {},
                                 unsigned head = 0, Value heads = {});

  /// The score of a pair from its scaled dot products: the score region, or the
  /// sum of dots and biases.
  Value emitScore(const PairView &view, ValueRange dots, ValueRange dims,
                  ValueRange bindings);

  /// The weight of a score, for weights other than exp.
  Value emitWeight(const PairView &view, Value score);

  /// Inlines a region of one block with its arguments replaced; returns what it
  /// yields.
  SmallVector<Value> inlineRegion(Region &region, ValueRange arguments);

  /// `value` converted to float type `type`.
  Value convertFloat(Value value, Type type);

private:
  /// `token` + `offset`. Sums of the same token and the same offsets, in any
  /// order, are one value.
  Value emitShifted(Value token, Value offset);
  Value emitMaskDefinition(Value mask, ValueRange over, Value i, Value j);
  Value emitRegionMask(Operation *op, Region &region, ArrayAttr infos,
                       ValueRange operands, ArrayRef<int64_t> coordinates,
                       ValueRange dims);
  Value emitMaskOp(MaskOp op, ValueRange over, Value i, Value j);
  Value emitMaskAny(MaskAnyOp op, ValueRange over, Value i, Value j);
  Value emitPiecewise(MaskPiecewiseOp op, ValueRange over, Value i, Value j);
  Value emitSliding(MaskSlidingOp op, Value i, Value j);
  Value emitBlocks(MaskBlocksOp op, Value i, Value j);
  Value emitDocument(MaskDocumentOp op, ValueRange over, Value i, Value j);
  Value emitNeighborhood(MaskNeighborhoodOp op, Value i, Value j);
  Value emitNeighborhoodAxis(MaskNeighborhoodOp op, unsigned axis, Value extent,
                             Value i, Value j);
  /// Appends token `token` and, on a grid, its axes to `dims`.
  void appendToken(SmallVectorImpl<Value> &dims, Value token, ValueRange sizes);
  SmallVector<Value> getSizes(ArrayRef<int64_t> sizes, ValueRange operands,
                              unsigned &next);

  Value constant(int64_t value);
  Value compare(arith::CmpIPredicate predicate, Value lhs, Value rhs);
  Value floorDiv(Value lhs, Value rhs);
  /// lhs - (lhs floordiv rhs) * rhs.
  Value floorMod(Value lhs, Value rhs);

  struct TokenAxes {
    Value token;
    SmallVector<Value> innerSizes, axes;
  };

  OpBuilder &b;
  Location loc;
  bool wide;
  SmallVector<TokenAxes> knownAxes;
  /// The masks that the outermost call of emitMask has emitted, each with its
  /// coordinates, and how many calls are open.
  std::map<std::vector<const void *>, Value> shown;
  /// A token that was moved: from where, by a number and by sorted values.
  struct Shift {
    Value token;
    int64_t number = 0;
    std::vector<const void *> offsets;
    bool operator<(const Shift &other) const {
      const void *here = token.getAsOpaquePointer();
      const void *there = other.token.getAsOpaquePointer();
      return std::tie(here, number, offsets) <
             std::tie(there, other.number, other.offsets);
    }
  };
  DenseMap<Value, Shift> shifts;
  std::map<Shift, Value> shifted;
  unsigned maskDepth = 0;
};

/// Scalar code over coordinates that are block arguments. It lives outside of
/// the module, to be copied into it in another form.
struct PairScratch {
  PairScratch(MLIRContext *context, Location loc,
              const PairCoordinates &coordinates);
  ~PairScratch() { block.dropAllReferences(); }

  /// The dimensions of the op's maps.
  SmallVector<Value> getDims(const PairView &view);

  Block block;
  OpBuilder builder;
  PairEmitter emitter;
  SmallVector<Value> over;
  Value query, key, inner;
};

} // namespace attn
} // namespace mlir

#endif // ATTN_DIALECT_ATTN_UTILS_EMIT_H
