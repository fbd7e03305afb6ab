//===- Fragments.cpp - how the threads of a workgroup hold tiles ----------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Fragments.h"

#include "mlir/Dialect/GPU/IR/GPUDialect.h"

using namespace mlir;
using namespace mlir::tile;

/// The place of a scalar in a fragment: strip and half along rows, block and
/// element along columns.
namespace {
struct Place {
  int64_t strip = 0, half = 0, block = 0, element = 0;
};
} // namespace

static bool hasRowAxis(VectorType type) { return type.getDimSize(0) > 1; }
static bool hasColumnAxis(VectorType type) { return type.getDimSize(1) > 1; }

static int64_t getBlocks(VectorType type) {
  return llvm::divideCeil(type.getDimSize(1), blockColumns);
}

static Place getPlace(VectorType type, int64_t i) {
  Place place;
  if (hasColumnAxis(type)) {
    place.element = i % 2;
    i /= 2;
  }
  if (hasRowAxis(type)) {
    place.half = i % 2;
    i /= 2;
  }
  if (hasColumnAxis(type)) {
    place.block = i % getBlocks(type);
    i /= getBlocks(type);
  }
  place.strip = i;
  return place;
}

static int64_t getIndex(VectorType type, Place place) {
  int64_t i = hasRowAxis(type) ? place.strip : 0;
  if (hasColumnAxis(type))
    i = i * getBlocks(type) + place.block;
  if (hasRowAxis(type))
    i = i * 2 + place.half;
  if (hasColumnAxis(type))
    i = i * 2 + place.element;
  return i;
}

void ThreadGrid::emit(ImplicitLocOpBuilder &b) {
  auto constant = [&](int64_t value) {
    return arith::ConstantIndexOp::create(b, value);
  };
  thread = gpu::ThreadIdOp::create(b, gpu::Dimension::x);
  lane = arith::RemUIOp::create(b, thread, constant(warpLanes));
  warp = arith::DivUIOp::create(b, thread, constant(warpLanes));
  group = arith::DivUIOp::create(b, lane, constant(4));
  Value strip = arith::MulIOp::create(b, warp, constant(stripRows * strips));
  firstRow = arith::AddIOp::create(b, strip, group);
  Value member = arith::RemUIOp::create(b, lane, constant(4));
  firstColumn = arith::MulIOp::create(b, member, constant(2));
}

int64_t ThreadGrid::getSize(VectorType type) const {
  int64_t size = 1;
  if (hasRowAxis(type))
    size *= strips * 2;
  if (hasColumnAxis(type))
    size *= getBlocks(type) * 2;
  return size;
}

std::pair<Value, Value> ThreadGrid::emitPosition(ImplicitLocOpBuilder &b,
                                                 VectorType type,
                                                 int64_t i) const {
  Place place = getPlace(type, i);
  auto add = [&](Value base, int64_t offset) -> Value {
    if (offset == 0)
      return base;
    return arith::AddIOp::create(b, base,
                                 arith::ConstantIndexOp::create(b, offset));
  };
  Value row, column;
  if (hasRowAxis(type))
    row = add(firstRow, place.strip * stripRows + place.half * 8);
  if (hasColumnAxis(type))
    column = add(firstColumn, place.block * blockColumns + place.element);
  return {row, column};
}

int64_t ThreadGrid::getSource(VectorType from, VectorType to, int64_t i) const {
  return getIndex(from, getPlace(to, i));
}

std::pair<Value, Value> ThreadGrid::emitStripPosition(ImplicitLocOpBuilder &b,
                                                      int64_t half,
                                                      int64_t offset) const {
  auto add = [&](Value base, int64_t constant) -> Value {
    return arith::AddIOp::create(b, base,
                                 arith::ConstantIndexOp::create(b, constant));
  };
  return {add(group, half * 8), add(firstColumn, offset)};
}

VectorType mlir::tile::withBothAxes(VectorType type) {
  int64_t rows = hasRowAxis(type) ? type.getDimSize(0) : stripRows;
  int64_t columns = hasColumnAxis(type) ? type.getDimSize(1) : blockColumns;
  return VectorType::get({rows, columns}, type.getElementType());
}
