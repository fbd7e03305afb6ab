//===- Lanes.h - values of all lanes, and memory ----------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Builds vectors from what is known about a scalar value in every lane, and
// loads and stores them.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_TRANSFORMS_VECTORIZELINALG_LANES_H
#define ATTN_LIB_TRANSFORMS_VECTORIZELINALG_LANES_H

#include "LinearIndex.h"

namespace mlir::attn {

/// A scalar of the body of a linalg op, for all lanes of a vector.
struct Lanes {
  enum Kind {
    Uniform, ///< the same scalar in every lane
    Step,    ///< an integer scalar in lane 0, one more in each next lane
    Vector,  ///< a vector
  };
  Kind kind = Uniform;
  Value value;
};

/// Builds vectors of one number of lanes.
class LaneBuilder {
public:
  LaneBuilder(OpBuilder &builder, Location loc, int64_t lanes)
      : builder(builder), loc(loc), math(builder, loc), lanes(lanes) {}

  /// Returns the type of vectors of `elementType`.
  VectorType getType(Type elementType) const {
    return VectorType::get({lanes}, elementType);
  }

  /// Returns `value` as a vector.
  Value toVector(Lanes value);

  /// Returns a vector that holds `attribute` in every lane.
  Value createConstant(TypedAttr attribute);

  /// Returns zero in every lane.
  Value createZero(Type elementType);

  /// Returns a mask of the lanes below `count`.
  Value createMask(LinearIndex count);

  /// Returns the element of `flat` at `address`. It is
  /// of `elementType`, stored as its storage type.
  Value loadScalar(Value flat, LinearIndex address, Type elementType);

  /// Returns the elements of `flat` at `address + lane * pitch`; lanes outside
  /// of `mask`, unless it is null, are not read and are zero.
  Value load(Value flat, LinearIndex address, LinearIndex pitch,
             Type elementType, Value mask);

  /// Returns the elements of `flat` at the addresses in `indices`.
  Value gather(Value flat, Value indices, Type elementType, Value mask);

  /// Stores the scalar `value` at `address`.
  void storeScalar(Value flat, LinearIndex address, Value value);

  /// Stores the vector `value` at `address + lane * pitch` for lanes in `mask`.
  void store(Value flat, LinearIndex address, LinearIndex pitch, Value value,
             Value mask);

  /// Transposes a square of vectors in registers.
  void transpose(MutableArrayRef<Value> vectors);

  /// Combines the lanes of `value` by clones of `combiner`, in a tree.
  Value reduce(Operation *combiner, Value value);

  OpBuilder &builder;
  Location loc;
  IndexMath math;
  int64_t lanes;

private:
  /// Returns the elements that are stored as `value`.
  Value fromMemory(Value value, Type elementType);
  /// Returns what `value` is stored as.
  Value toMemory(Value value);
  /// Returns `lane * pitch` for every lane.
  Value createSteps(LinearIndex pitch);
  /// Returns `mask`, or one with all lanes.
  Value getMask(Value mask);
};

/// Clones `op` with other operands and results of type `resultTypes`. Additions
/// and multiplications may be contracted.
Operation *cloneWith(OpBuilder &builder, Operation *op, ValueRange operands,
                     TypeRange resultTypes);

} // namespace mlir::attn

#endif // ATTN_LIB_TRANSFORMS_VECTORIZELINALG_LANES_H
