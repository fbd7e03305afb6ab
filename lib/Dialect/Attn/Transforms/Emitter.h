//===- Emitter.h - linalg in one float type ---------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Builds linalg ops whose arithmetic is in one floating-point type.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_DIALECT_ATTN_TRANSFORMS_EMITTER_H
#define ATTN_LIB_DIALECT_ATTN_TRANSFORMS_EMITTER_H

#include "attn/Dialect/Attn/IR/Attn.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

#include <limits>

namespace mlir::attn {

inline constexpr double infinity = std::numeric_limits<double>::infinity();

using Sizes = SmallVector<OpFoldResult>;

/// A tensor, and where each point of a loop nest touches it.
struct Access {
  Value tensor;
  AffineMap map;
};

/// Builds ops that compute in one floating-point type.
class Emitter : public ImplicitLocOpBuilder {
public:
  /// The body of a linalg op: from the elements of inputs and outputs, in the
  /// type of the emitter, to those of the outputs.
  using Body = function_ref<SmallVector<Value>(
      Emitter &e, ArrayRef<Value> inputs, ArrayRef<Value> outputs)>;
  /// The same with one output that is not read.
  using Map = function_ref<Value(Emitter &e, ArrayRef<Value> inputs)>;
  /// The same for a reduction of what the inputs give.
  using Reduction =
      function_ref<Value(Emitter &e, Value sum, ArrayRef<Value> inputs)>;

  Emitter(Location loc, OpBuilder &builder, Type type)
      : ImplicitLocOpBuilder(loc, builder), type(type) {}

  Type getType() const { return type; }

  template <typename OpTy, typename... Args>
  Value make(Args &&...args) {
    return OpTy::create(*this, std::forward<Args>(args)...);
  }

  Value constant(double value, Type of = {});
  Value indexConstant(int64_t value);
  Value toIndex(OpFoldResult size);
  Value fromInteger(Value value);
  Value convert(Value value, Type to);

  Value isEqual(Value value, double to);
  Value exponential(Value difference, Value max);

  Sizes sizesOf(Value tensor);
  Value empty(const Sizes &sizes, Type of = {});
  Value filled(const Sizes &sizes, double value, Type of = {});
  Value converted(Value tensor, Type to);

  AffineMap without(unsigned rank, unsigned axis);
  AffineMap aligned(unsigned rank, unsigned skipped, ArrayRef<int64_t> shape);

  SmallVector<Value> generic(ArrayRef<Access> inputs, ArrayRef<Access> outputs,
                             std::optional<unsigned> reduced, Body body);
  Value map(const Sizes &sizes, ArrayRef<Access> inputs, Map body,
            Type of = {});
  Value reduce(const Sizes &sizes, unsigned axis, double initial,
               ArrayRef<Access> inputs, Reduction body);

private:
  Type type;
};

} // namespace mlir::attn

#endif // ATTN_LIB_DIALECT_ATTN_TRANSFORMS_EMITTER_H
