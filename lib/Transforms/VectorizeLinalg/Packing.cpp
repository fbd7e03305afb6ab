//===- Packing.cpp - panels that rows share -------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Copies the columns that all rows read to a panel in the order of their use.
// Large strides between reduction steps would miss caches for every row.
//
//===----------------------------------------------------------------------===//

#include "Emitter.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace mlir::attn;

/// An input that spans fewer bytes is read where it is.
static constexpr int64_t kFewestPackedBytes = 1 << 21;
/// Fewer rows read the input where it is, if it is contiguous.
static constexpr int64_t kFewestPackedRows = 32;

/// Returns `lhs >= rhs`, or null if it is known, and then stores it in `known`.
static Value compareAtLeast(OpBuilder &builder, Location loc, LinearIndex lhs,
                            int64_t rhs, bool &known) {
  if (!lhs.dynamic) {
    known &= lhs.constant >= rhs;
    return Value();
  }
  IndexMath math(builder, loc);
  return arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::sge,
                               math.materialize(lhs), math.materialize(rhs));
}

/// Returns the bytes of one element of `type`.
static int64_t getBytes(Type type) {
  return type.isIndex() ? 8 : llvm::divideCeil(type.getIntOrFloatBitWidth(), 8);
}

void Emitter::allocatePanel() {
  if (!plan.packedInput)
    return;
  const OperandAccess &access = nest.operands[*plan.packedInput];
  LinearIndex steps = 1, span = 0;
  for (unsigned loop = 0; loop < nest.getNumLoops(); ++loop) {
    if (nest.isParallel(loop))
      continue;
    steps = math.multiply(steps, nest.sizes[loop]);
    span =
        math.add(span, math.multiply(nest.sizes[loop], access.pitches[loop]));
  }
  Type storage = getStorageType(access.elementType);
  bool known = true;
  Panel result;
  if (!plan.packsAlways) {
    Value large = compareAtLeast(builder, loc, span,
                                 kFewestPackedBytes / getBytes(storage), known);
    Value many = compareAtLeast(builder, loc, nest.sizes[*plan.rowLoop],
                                kFewestPackedRows, known);
    if (!known)
      return;
    result.condition =
        large && many
            ? arith::AndIOp::create(builder, loc, large, many).getResult()
        : large ? large
                : many;
  }
  Value size =
      math.materialize(math.multiply(steps, plan.columns * plan.lanes));
  if (result.condition)
    size = arith::SelectOp::create(builder, loc, result.condition, size,
                                   math.materialize(0));
  auto type = MemRefType::get({ShapedType::kDynamic}, storage);
  result.memory = memref::AllocOp::create(builder, loc, type, size);
  panel = result;
}

void Emitter::freePanel() {
  if (panel)
    memref::DeallocOp::create(builder, loc, panel->memory);
}

SmallVector<LinearIndex> Emitter::getPanelPitches() {
  SmallVector<LinearIndex> pitches(nest.getNumLoops(), 0);
  LinearIndex pitch = shape.columns * plan.lanes;
  for (unsigned loop = nest.getNumLoops(); loop-- > 0;) {
    if (nest.isParallel(loop))
      continue;
    pitches[loop] = pitch;
    pitch = math.multiply(pitch, nest.sizes[loop]);
  }
  pitches[plan.vectorLoop] = 1;
  return pitches;
}

void Emitter::withPanel(BodyFunction body) {
  if (!panel)
    return body();
  unsigned input = *plan.packedInput;
  SmallVector<LinearIndex> pitches = getPanelPitches();
  OperandAccess &access = nest.operands[input];
  OperandAccess before = access;
  LinearIndex addressBefore = position.addresses[input];
  if (!panel->condition) {
    fillPanel(pitches);
    access.flat = panel->memory;
    access.pitches = pitches;
    position.addresses[input] = 0;
  } else {
    auto branch =
        scf::IfOp::create(builder, loc, panel->condition, /*withElse=*/false);
    {
      OpBuilder::InsertionGuard guard(builder);
      builder.setInsertionPointToStart(branch.thenBlock());
      fillPanel(pitches);
    }
    auto select = [&](Value packed, Value unpacked) -> Value {
      return arith::SelectOp::create(builder, loc, panel->condition, packed,
                                     unpacked);
    };
    auto selectIndex = [&](LinearIndex packed, LinearIndex unpacked) {
      return LinearIndex(
          select(math.materialize(packed), math.materialize(unpacked)));
    };
    access.flat = select(panel->memory, access.flat);
    position.addresses[input] = selectIndex(0, addressBefore);
    for (unsigned loop = 0; loop < nest.getNumLoops(); ++loop)
      if (!nest.isParallel(loop))
        access.pitches[loop] = selectIndex(pitches[loop], access.pitches[loop]);
  }
  body();
  access = before;
  position.addresses[input] = addressBefore;
}

std::optional<unsigned> Emitter::getTransposedLoop() {
  const OperandAccess &access = nest.operands[*plan.packedInput];
  for (unsigned loop = 0; loop < nest.getNumLoops(); ++loop)
    if (!nest.isParallel(loop) && nest.isReal(loop) &&
        access.pitches[loop].is(1) && plan.packsAlways)
      return loop;
  return std::nullopt;
}

void Emitter::fillPanel(ArrayRef<LinearIndex> pitches) {
  std::optional<unsigned> transposed = getTransposedLoop();
  SmallVector<unsigned> loops;
  for (unsigned loop = 0; loop < nest.getNumLoops(); ++loop)
    if (!nest.isParallel(loop) && loop != transposed)
      loops.push_back(loop);
  std::function<void(ArrayRef<unsigned>)> emitLoops =
      [&](ArrayRef<unsigned> rest) {
        if (!rest.empty())
          return emitLoop(rest.front(), 0, nest.sizes[rest.front()], 1,
                          [&] { emitLoops(rest.drop_front()); });
        if (!transposed)
          return copyToPanel(pitches, 0);
        // Squares are transposed; what is left of them goes step by step.
        LinearIndex full = getFullSize(*transposed, plan.lanes);
        int64_t columns = shape.columns - (shape.mask ? 1 : 0);
        emitLoop(*transposed, 0, full, plan.lanes,
                 [&] { transposeToPanel(pitches, *transposed, columns); });
        if (shape.mask)
          emitLoop(*transposed, 0, full, 1,
                   [&] { copyToPanel(pitches, columns); });
        emitLoop(*transposed, full, nest.sizes[*transposed], 1,
                 [&] { copyToPanel(pitches, 0); });
      };
  emitLoops(loops);
}

LinearIndex Emitter::getPanelAddress(ArrayRef<LinearIndex> pitches) {
  LinearIndex address = 0;
  for (unsigned loop = 0; loop < nest.getNumLoops(); ++loop)
    if (!nest.isParallel(loop))
      address = math.add(address,
                         math.multiply(position.indices[loop], pitches[loop]));
  return address;
}

void Emitter::copyToPanel(ArrayRef<LinearIndex> pitches, int64_t firstColumn) {
  unsigned input = *plan.packedInput;
  const OperandAccess &access = nest.operands[input];
  LaneBuilder lanes(builder, loc, plan.lanes);
  BodyEvaluator body(builder, nest, plan, position, shape);
  LinearIndex target = getPanelAddress(pitches);
  for (int64_t column = firstColumn; column < shape.columns; ++column) {
    Value mask = column + 1 == shape.columns ? shape.mask : Value();
    Value vector =
        lanes.load(access.flat, body.getAddress(input, 0, column),
                   access.pitches[plan.vectorLoop], access.elementType, mask);
    lanes.store(panel->memory, math.add(target, column * plan.lanes), 1, vector,
                Value());
  }
}

void Emitter::transposeToPanel(ArrayRef<LinearIndex> pitches, unsigned loop,
                               int64_t columns) {
  if (columns == 0)
    return;
  unsigned input = *plan.packedInput;
  const OperandAccess &access = nest.operands[input];
  LinearIndex pitch = access.pitches[plan.vectorLoop];
  LinearIndex source = position.addresses[input];
  LinearIndex target = getPanelAddress(pitches);
  LaneBuilder lanes(builder, loc, plan.lanes);
  // A loop, because the code of a square is long.
  auto columnLoop = scf::ForOp::create(builder, loc, math.materialize(0),
                                       math.materialize(columns * plan.lanes),
                                       math.materialize(plan.lanes));
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(columnLoop.getBody());
  LinearIndex column = columnLoop.getInductionVar();
  source = math.add(source, math.multiply(pitch, column));
  target = math.add(target, column);
  SmallVector<Value> vectors;
  for (int64_t lane = 0; lane < plan.lanes; ++lane) {
    LinearIndex address = math.add(source, math.multiply(pitch, lane));
    vectors.push_back(
        lanes.load(access.flat, address, 1, access.elementType, Value()));
  }
  lanes.transpose(vectors);
  for (int64_t step = 0; step < plan.lanes; ++step) {
    LinearIndex address = math.add(target, math.multiply(pitches[loop], step));
    lanes.store(panel->memory, address, 1, vectors[step], Value());
  }
}
