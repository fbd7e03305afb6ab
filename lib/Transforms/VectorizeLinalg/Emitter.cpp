//===- Emitter.cpp - loops over vectors -----------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Emits scf loops around blocks of vectors.
//
//===----------------------------------------------------------------------===//

#include "Emitter.h"

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::attn;

Emitter::Emitter(OpBuilder &builder, const LoopNest &nest, const Plan &plan)
    : builder(builder), loc(nest.op.getLoc()), nest(nest), plan(plan),
      math(builder, loc) {
  position.indices.resize(nest.getNumLoops());
  for (const OperandAccess &access : nest.operands)
    position.addresses.push_back(access.start);
}

//===----------------------------------------------------------------------===//
// Loops
//===----------------------------------------------------------------------===//

void Emitter::at(unsigned loop, LinearIndex index, BodyFunction body) {
  BlockPosition before = position;
  position.indices[loop] = math.add(position.indices[loop], index);
  for (auto [address, access] :
       llvm::zip_equal(position.addresses, nest.operands))
    address = math.add(address, math.multiply(access.pitches[loop], index));
  body();
  position = std::move(before);
}

void Emitter::emitLoop(unsigned loop, LinearIndex lower, LinearIndex upper,
                       int64_t step, BodyFunction body) {
  emitCarryingLoop(loop, lower, upper, step, {}, [&](Carried) {
    body();
    return Carried();
  });
}

Emitter::Carried Emitter::emitCarryingLoop(unsigned loop, LinearIndex lower,
                                           LinearIndex upper, int64_t step,
                                           Carried values,
                                           CarriedFunction body) {
  if (!lower.dynamic && !upper.dynamic) {
    int64_t trips = (upper.constant - lower.constant) / step;
    if (trips <= 0)
      return values;
    if (trips == 1) {
      at(loop, lower, [&] { values = body(std::move(values)); });
      return values;
    }
  }
  auto loopOp = scf::ForOp::create(
      builder, loc, math.materialize(lower), math.materialize(upper),
      math.materialize(step), values,
      [](OpBuilder &, Location, Value, ValueRange) {});
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(loopOp.getBody());
  Carried yielded;
  at(loop, loopOp.getInductionVar(),
     [&] { yielded = body(Carried(loopOp.getRegionIterArgs())); });
  scf::YieldOp::create(builder, loc, yielded);
  return Carried(loopOp.getResults());
}

LinearIndex Emitter::getFullSize(unsigned loop, int64_t step) {
  LinearIndex size = nest.sizes[loop];
  if (!size.dynamic)
    return size.constant - size.constant % step;
  if (step == 1)
    return size;
  Value value = math.materialize(size);
  Value rest =
      arith::RemSIOp::create(builder, loc, value, math.materialize(step));
  return arith::SubIOp::create(builder, loc, value, rest).getResult();
}

void Emitter::emitVectorLoop(llvm::function_ref<void(int64_t, Value)> body) {
  unsigned loop = plan.vectorLoop;
  LinearIndex size = nest.sizes[loop];
  LaneBuilder lanes(builder, loc, plan.lanes);
  LinearIndex full = getFullSize(loop, plan.columns * plan.lanes);
  emitLoop(loop, 0, full, plan.columns * plan.lanes,
           [&] { body(plan.columns, Value()); });
  if (!size.dynamic) {
    int64_t rest = size.constant - full.constant;
    if (rest == 0)
      return;
    int64_t last = rest % plan.lanes;
    Value mask = last ? lanes.createMask(last) : Value();
    at(loop, full, [&] { body(llvm::divideCeil(rest, plan.lanes), mask); });
    return;
  }
  LinearIndex end = math.add(position.indices[loop], size);
  emitLoop(loop, full, size, plan.lanes, [&] {
    Value left =
        arith::SubIOp::create(builder, loc, math.materialize(end),
                              math.materialize(position.indices[loop]));
    body(1, lanes.createMask(left));
  });
}

//===----------------------------------------------------------------------===//
// Parallel loops
//===----------------------------------------------------------------------===//

void Emitter::emit() {
  SmallVector<Chunks> chunks = getChunks();
  if (chunks.empty() || isSmall())
    return emitLoops();
  emitTasks(chunks);
}

void Emitter::emitLoops() {
  SmallVector<unsigned> outer;
  for (unsigned loop = 0; loop < nest.getNumLoops(); ++loop)
    if (nest.isParallel(loop) && loop != plan.vectorLoop &&
        loop != plan.rowLoop)
      outer.push_back(loop);
  allocatePanel();
  emitOuter(outer);
  freePanel();
}

void Emitter::emitOuter(ArrayRef<unsigned> loops) {
  if (loops.empty())
    return emitColumns();
  emitLoop(loops.front(), 0, nest.sizes[loops.front()], 1,
           [&] { emitOuter(loops.drop_front()); });
}

void Emitter::emitColumns() {
  if (reducesLanes()) {
    shape.columns = plan.columns;
    return emitRows();
  }
  emitVectorLoop([&](int64_t columns, Value mask) {
    shape.columns = columns;
    shape.mask = mask;
    withPanel([&] { emitRows(); });
  });
}

void Emitter::emitRows() {
  if (!plan.rowLoop) {
    shape.rows = 1;
    return emitBlock();
  }
  unsigned loop = *plan.rowLoop;
  LinearIndex full = getFullSize(loop, plan.rows);
  shape.rows = plan.rows;
  emitLoop(loop, 0, full, plan.rows, [&] { emitBlock(); });
  LinearIndex size = nest.sizes[loop];
  bool small = !size.dynamic && size.constant - full.constant <= plan.rows / 2;
  shape.rows = 1;
  // A known rest is one block, unless its code would be as long as another.
  if (!size.dynamic && !small && plan.rows < plan.lanes) {
    shape.rows = size.constant - full.constant;
    return at(loop, full, [&] { emitBlock(); });
  }
  emitLoop(loop, full, size, 1, [&] { emitBlock(); });
}

//===----------------------------------------------------------------------===//
// Blocks
//===----------------------------------------------------------------------===//

void Emitter::emitBlock() {
  SmallVector<unsigned> reductions;
  for (unsigned loop = 0; loop < nest.getNumLoops(); ++loop)
    if (!nest.isParallel(loop) && loop != plan.vectorLoop)
      reductions.push_back(loop);
  if (reducesLanes())
    return storeReduced(emitReductions(reductions, createNeutral()));
  storeOutputs(emitReductions(reductions, loadOutputs()));
}

Emitter::Carried Emitter::loadOutputs() {
  BodyEvaluator body(builder, nest, plan, position, shape);
  Carried values;
  linalg::LinalgOp op = nest.op;
  for (int64_t output = 0; output < getNumOutputs(); ++output)
    for (int64_t row = 0; row < shape.rows; ++row)
      for (int64_t column = 0; column < shape.columns; ++column) {
        if (op.payloadUsesValueFromOperand(op.getDpsInitOperand(output))) {
          values.push_back(body.loadOutput(output, row, column));
          continue;
        }
        Type type = nest.operands[op.getNumDpsInputs() + output].elementType;
        values.push_back(
            LaneBuilder(builder, loc, plan.lanes).createZero(type));
      }
  return values;
}

Emitter::Carried Emitter::createNeutral() {
  LaneBuilder lanes(builder, loc, plan.lanes);
  Carried values;
  for (int64_t output = 0; output < getNumOutputs(); ++output) {
    TypedAttr neutral = *arith::getNeutralElement(getCombiner(nest.op, output));
    values.append(shape.rows * shape.columns, lanes.createConstant(neutral));
  }
  return values;
}

void Emitter::storeOutputs(const Carried &values) {
  BodyEvaluator body(builder, nest, plan, position, shape);
  size_t next = 0;
  for (int64_t output = 0; output < getNumOutputs(); ++output)
    for (int64_t row = 0; row < shape.rows; ++row)
      for (int64_t column = 0; column < shape.columns; ++column)
        body.storeOutput(output, row, column, values[next++]);
}

void Emitter::storeReduced(const Carried &values) {
  BodyEvaluator body(builder, nest, plan, position, shape);
  LaneBuilder lanes(builder, loc, plan.lanes);
  size_t next = 0;
  for (int64_t output = 0; output < getNumOutputs(); ++output) {
    Operation *combiner = getCombiner(nest.op, output);
    unsigned operand = nest.op.getNumDpsInputs() + output;
    const OperandAccess &access = nest.operands[operand];
    auto combine = [&](Value lhs, Value rhs) {
      return cloneWith(builder, combiner, {lhs, rhs}, lhs.getType())
          ->getResult(0);
    };
    for (int64_t row = 0; row < shape.rows; ++row) {
      Value sum = values[next++];
      for (int64_t column = 1; column < shape.columns; ++column)
        sum = combine(sum, values[next++]);
      LinearIndex address = body.getAddress(operand, row, 0);
      Value before = lanes.loadScalar(access.flat, address, access.elementType);
      lanes.storeScalar(access.flat, address,
                        combine(before, lanes.reduce(combiner, sum)));
    }
  }
}

//===----------------------------------------------------------------------===//
// Reductions
//===----------------------------------------------------------------------===//

Emitter::Carried Emitter::emitReductions(ArrayRef<unsigned> loops,
                                         Carried values) {
  if (loops.empty())
    return reducesLanes() ? emitLaneReduction(std::move(values))
                          : emitBody(std::move(values), shape.columns);
  return emitCarryingLoop(loops.front(), 0, nest.sizes[loops.front()], 1,
                          std::move(values), [&](Carried carried) {
                            return emitReductions(loops.drop_front(),
                                                  std::move(carried));
                          });
}

Emitter::Carried Emitter::emitLaneReduction(Carried values) {
  unsigned loop = plan.vectorLoop;
  LinearIndex size = nest.sizes[loop];
  LaneBuilder lanes(builder, loc, plan.lanes);
  BlockShape outer = shape;
  auto run = [&](int64_t columns, LinearIndex lower, LinearIndex upper) {
    values =
        emitCarryingLoop(loop, lower, upper, columns * plan.lanes,
                         std::move(values), [&](Carried carried) {
                           shape.columns = columns;
                           return emitBody(std::move(carried), outer.columns);
                         });
  };
  LinearIndex blocks = getFullSize(loop, plan.columns * plan.lanes);
  LinearIndex vectors = getFullSize(loop, plan.lanes);
  run(plan.columns, 0, blocks);
  run(1, blocks, vectors);
  // The last lanes run under a mask, which may be empty.
  if (size.dynamic || size.constant != vectors.constant) {
    LinearIndex left = math.add(size, math.multiply(vectors, -1));
    shape.columns = 1;
    shape.mask = lanes.createMask(left);
    at(loop, vectors,
       [&] { values = emitBody(std::move(values), outer.columns); });
  }
  shape = outer;
  return values;
}

Emitter::Carried Emitter::emitBody(Carried values, int64_t carriedColumns) {
  BodyEvaluator body(builder, nest, plan, position, shape);
  auto getSlot = [&](int64_t output, int64_t row, int64_t column) {
    return (output * shape.rows + row) * carriedColumns + column;
  };
  for (int64_t row = 0; row < shape.rows; ++row)
    for (int64_t column = 0; column < shape.columns; ++column) {
      Carried before;
      for (int64_t output = 0; output < getNumOutputs(); ++output)
        before.push_back(values[getSlot(output, row, column)]);
      Carried after = body.evaluate(row, column, before);
      for (int64_t output = 0; output < getNumOutputs(); ++output) {
        Value &value = values[getSlot(output, row, column)];
        value = reducesLanes() && shape.mask
                    ? arith::SelectOp::create(builder, loc, shape.mask,
                                              after[output], value)
                          .getResult()
                    : after[output];
      }
    }
  return values;
}
