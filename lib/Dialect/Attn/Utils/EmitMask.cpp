//===- EmitMask.cpp - whether a mask shows a pair -------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Scalar code for every mask op.
//
//===----------------------------------------------------------------------===//

#include "attn/Dialect/Attn/Utils/Emit.h"

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/SaveAndRestore.h"

using namespace mlir;
using namespace mlir::attn;
using P = arith::CmpIPredicate;

Value PairEmitter::emitMask(Value mask, ValueRange over, Value i, Value j) {
  // A mask that is used often is emitted once, else the code could grow
  // exponentially.
  std::vector<const void *> key{mask.getAsOpaquePointer(),
                                i.getAsOpaquePointer(), j.getAsOpaquePointer()};
  for (Value index : over)
    key.push_back(index.getAsOpaquePointer());
  if (auto known = shown.find(key); known != shown.end())
    return known->second;
  bool isOutermost = maskDepth++ == 0;
  Value visible = emitMaskDefinition(mask, over, i, j);
  shown[key] = visible;
  --maskDepth;
  // Other calls may emit elsewhere.
  if (isOutermost) {
    shown.clear();
    shifts.clear();
    shifted.clear();
  }
  return visible;
}

Value PairEmitter::emitShifted(Value token, Value offset) {
  auto place = shifts.find(token);
  Shift shift;
  shift.token = token;
  if (place != shifts.end())
    shift = place->second;
  std::optional<int64_t> number = getConstantIntValue(offset);
  int64_t sum;
  if (number && !llvm::AddOverflow(shift.number, *number, sum)) {
    shift.number = sum;
  } else {
    shift.offsets.push_back(offset.getAsOpaquePointer());
    llvm::sort(shift.offsets);
  }
  if (shift.number == 0 && shift.offsets.empty())
    return shift.token;
  Value &moved = shifted[shift];
  if (!moved)
    moved = arith::AddIOp::create(b, loc, token, offset);
  shifts[moved] = shift;
  return moved;
}

Value PairEmitter::emitMaskDefinition(Value mask, ValueRange over, Value i,
                                      Value j) {
  auto both = [&](auto op, bool isAnd) -> Value {
    Value lhs = emitMask(op.getLhs(), over, i, j);
    Value rhs = emitMask(op.getRhs(), over, i, j);
    if (!lhs || !rhs)
      return {};
    if (isAnd)
      return arith::AndIOp::create(b, loc, lhs, rhs);
    return arith::OrIOp::create(b, loc, lhs, rhs);
  };
  auto moved = [&](Value token, Value offset) -> Value {
    return offset ? emitShifted(token, offset) : token;
  };
  Operation *definition = mask.getDefiningOp();
  if (!definition) {
    emitError(
        loc,
        "expected a mask that is defined by an op where it is used, found an "
        "argument; inline the function first");
    return {};
  }
  llvm::SaveAndRestore inMask(loc, definition->getLoc());
  return TypeSwitch<Operation *, Value>(definition)
      .Case([&](MaskOp op) { return emitMaskOp(op, over, i, j); })
      .Case([&](MaskAnyOp op) { return emitMaskAny(op, over, i, j); })
      .Case([&](MaskAndOp op) { return both(op, true); })
      .Case([&](MaskOrOp op) { return both(op, false); })
      .Case([&](MaskNotOp op) -> Value {
        Value inner = emitMask(op.getMask(), over, i, j);
        if (!inner)
          return {};
        Value yes = arith::ConstantIntOp::create(b, loc, 1, 1);
        return arith::XOrIOp::create(b, loc, inner, yes);
      })
      .Case([&](MaskOffsetOp op) {
        SmallVector<Value> there(over);
        for (auto [n, offset] : llvm::enumerate(op.getOverOffsets()))
          there[n] = moved(there[n], offset);
        return emitMask(op.getMask(), there, moved(i, op.getQueryOffset()),
                        moved(j, op.getKeyOffset()));
      })
      .Case([&](MaskPiecewiseOp op) { return emitPiecewise(op, over, i, j); })
      .Case([&](MaskCausalOp op) {
        return compare(P::sle, j, moved(i, op.getOffset()));
      })
      .Case([&](MaskSlidingOp op) { return emitSliding(op, i, j); })
      .Case([&](MaskBlocksOp op) { return emitBlocks(op, i, j); })
      .Case([&](MaskPrefixOp op) -> Value {
        return arith::OrIOp::create(b, loc, compare(P::sle, j, i),
                                    compare(P::slt, j, op.getLength()));
      })
      .Case([&](MaskDocumentOp op) { return emitDocument(op, over, i, j); })
      .Case([&](MaskNeighborhoodOp op) { return emitNeighborhood(op, i, j); })
      .Default([&](Operation *op) -> Value {
        op->emitError("expected an op of the attn dialect to define a mask");
        return {};
      });
}

//===----------------------------------------------------------------------===//
// Regions
//===----------------------------------------------------------------------===//

Value PairEmitter::emitRegionMask(Operation *op, Region &region,
                                  ArrayAttr infos, ValueRange operands,
                                  ArrayRef<int64_t> coordinates,
                                  ValueRange dims) {
  SmallVector<Value> arguments = emitBindings(infos, operands, dims);
  for (int64_t dim : coordinates)
    arguments.push_back(dims[dim]);
  return inlineRegion(region, arguments)[0];
}

Value PairEmitter::emitMaskOp(MaskOp op, ValueRange over, Value i, Value j) {
  SmallVector<Value> dims(over.take_front(op.getOver().size()));
  unsigned next = 0;
  appendToken(dims, i, getSizes(op.getQueryGrid(), op.getGrid(), next));
  appendToken(dims, j, getSizes(op.getKeyGrid(), op.getGrid(), next));
  dims.push_back(Value());
  return emitRegionMask(op, op.getPredicate(), op.getBindingInfos(),
                        op.getBindings(), op.getCoordinates(), dims);
}

Value PairEmitter::emitMaskAny(MaskAnyOp op, ValueRange over, Value i,
                               Value j) {
  SmallVector<Value> dims(over.take_front(op.getOver().size()));
  unsigned next = 0;
  appendToken(dims, i, getSizes(op.getQueryGrid(), op.getGrid(), next));
  appendToken(dims, j, getSizes(op.getKeyGrid(), op.getGrid(), next));
  unsigned entry = dims.size();
  dims.append(2, Value());

  BindingAttr info = op.getCountInfo();
  SmallVector<Value> none(op.getBindingInfos().size());
  Value count;
  if (info.getKind() == BindingKind::Index) {
    count = emitIndexExpr(b, loc, info.getMap().getResult(0), dims, none);
  } else if (info.getKind() == BindingKind::Scalar) {
    count = op.getCount();
  } else {
    count = emitLoad(op.getCount(), info.getMap(), dims, none);
    if (!count.getType().isIndex())
      count = arith::IndexCastOp::create(b, loc, b.getIndexType(), count);
  }
  Value no = arith::ConstantIntOp::create(b, loc, 0, 1);
  auto loop = scf::ForOp::create(b, loc, constant(0), count, constant(1), no);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  dims[entry] = loop.getInductionVar();
  Value holds = emitRegionMask(op, op.getPredicate(), op.getBindingInfos(),
                               op.getBindings(), op.getCoordinates(), dims);
  Value any = arith::OrIOp::create(b, loc, loop.getRegionIterArg(0), holds);
  scf::YieldOp::create(b, loc, any);
  return loop.getResult(0);
}

Value PairEmitter::emitPiecewise(MaskPiecewiseOp op, ValueRange over, Value i,
                                 Value j) {
  Value visible = arith::ConstantIntOp::create(b, loc, 0, 1);
  Value zero = constant(0);
  Value queryBegin = zero;
  unsigned columns = op.getKeyLengths().size();
  for (auto [row, queryLength] : llvm::enumerate(op.getQueryLengths())) {
    Value localQuery = arith::SubIOp::create(b, loc, i, queryBegin);
    Value keyBegin = zero;
    for (auto [column, keyLength] : llvm::enumerate(op.getKeyLengths())) {
      int64_t piece = op.getLayout()[row * columns + column];
      Value localKey = arith::SubIOp::create(b, loc, j, keyBegin);
      keyBegin = arith::AddIOp::create(b, loc, keyBegin, keyLength);
      if (piece == MaskPiecewiseOp::kEmpty)
        continue;
      Value inside = compare(P::sge, localQuery, zero);
      for (auto [predicate, value, bound] :
           {std::tuple<P, Value, Value>{P::slt, localQuery, queryLength},
            {P::sge, localKey, zero},
            {P::slt, localKey, keyLength}})
        inside = arith::AndIOp::create(b, loc, inside,
                                       compare(predicate, value, bound));
      if (piece != MaskPiecewiseOp::kFull) {
        Value holds =
            emitMask(op.getPieces()[piece], over, localQuery, localKey);
        if (!holds)
          return {};
        inside = arith::AndIOp::create(b, loc, inside, holds);
      }
      visible = arith::OrIOp::create(b, loc, visible, inside);
    }
    queryBegin = arith::AddIOp::create(b, loc, queryBegin, queryLength);
  }
  return visible;
}

//===----------------------------------------------------------------------===//
// Named masks
//===----------------------------------------------------------------------===//

Value PairEmitter::emitSliding(MaskSlidingOp op, Value i, Value j) {
  Value window =
      op.getWindow() ? Value(op.getWindow()) : constant(*op.getStaticWindow());
  Value distance = arith::SubIOp::create(b, loc, i, j);
  Value visible = compare(P::slt, distance, window);
  Value past = compare(P::sle, j, i);
  if (op.getSymmetric()) {
    Value ahead = arith::SubIOp::create(b, loc, j, i);
    visible =
        arith::AndIOp::create(b, loc, visible, compare(P::slt, ahead, window));
  } else {
    visible = arith::AndIOp::create(b, loc, visible, past);
  }
  if (op.getDilation() != 1) {
    Value rest = floorMod(distance, constant(op.getDilation()));
    visible = arith::AndIOp::create(b, loc, visible,
                                    compare(P::eq, rest, constant(0)));
  }
  if (!op.getSink())
    return visible;
  Value sink = compare(P::slt, j, constant(op.getSink()));
  if (!op.getSymmetric())
    sink = arith::AndIOp::create(b, loc, sink, past);
  return arith::OrIOp::create(b, loc, visible, sink);
}

Value PairEmitter::emitBlocks(MaskBlocksOp op, Value i, Value j) {
  Value size = constant(op.getSize());
  return compare(op.getCausal() ? P::sle : P::eq, floorDiv(j, size),
                 floorDiv(i, size));
}

Value PairEmitter::emitDocument(MaskDocumentOp op, ValueRange over, Value i,
                                Value j) {
  Value keyIds = op.getKeyIds() ? op.getKeyIds() : op.getQueryIds();
  SmallVector<Value> query, key;
  if (cast<RankedTensorType>(keyIds.getType()).getRank() == 2) {
    query.push_back(over[0]);
    key.push_back(over[0]);
  }
  query.push_back(i);
  key.push_back(j);
  Value queryId = ExtractOp::create(b, loc, op.getQueryIds(), query);
  Value keyId = ExtractOp::create(b, loc, keyIds, key);
  return compare(P::eq, queryId, keyId);
}

/// The formula stands in the documentation of attn.mask.neighborhood.
Value PairEmitter::emitNeighborhoodAxis(MaskNeighborhoodOp op, unsigned axis,
                                        Value extent, Value i, Value j) {
  int64_t window = op.getWindow()[axis], stride = op.getStride()[axis];
  bool causal = op.getCausal()[axis];
  Value dilation = constant(op.getDilation()[axis]), one = constant(1),
        zero = constant(0);
  auto add = [&](Value lhs, Value rhs) -> Value {
    return arith::AddIOp::create(b, loc, lhs, rhs);
  };
  auto sub = [&](Value lhs, Value rhs) -> Value {
    return arith::SubIOp::create(b, loc, lhs, rhs);
  };
  Value r = floorMod(i, dilation), a = floorDiv(i, dilation);
  Value length = floorDiv(sub(add(sub(extent, r), dilation), one), dilation);
  Value group = arith::MulIOp::create(b, loc, floorDiv(a, constant(stride)),
                                      constant(stride));
  Value lead = add(group, constant(causal ? stride - 1 : stride / 2));
  lead = arith::MinSIOp::create(b, loc, lead, sub(length, one));
  Value lo, hi;
  if (causal) {
    lo = arith::MaxSIOp::create(b, loc, sub(lead, constant(window - 1)), zero);
    hi = add(a, one);
  } else {
    lo = arith::MaxSIOp::create(b, loc, sub(lead, constant(window / 2)), zero);
    lo = arith::MinSIOp::create(b, loc, lo, sub(length, constant(window)));
    hi = add(lo, constant(window));
  }
  Value position = floorDiv(j, dilation);
  Value same = compare(P::eq, floorMod(j, dilation), r);
  Value inside = arith::AndIOp::create(b, loc, compare(P::sle, lo, position),
                                       compare(P::slt, position, hi));
  return arith::AndIOp::create(b, loc, same, inside);
}

Value PairEmitter::emitNeighborhood(MaskNeighborhoodOp op, Value i, Value j) {
  unsigned next = 0;
  SmallVector<Value> querySizes =
      getSizes(op.getQueryGrid(), op.getGrid(), next);
  SmallVector<Value> keySizes = getSizes(op.getKeyGrid(), op.getGrid(), next);
  bool line = querySizes.size() == 1;
  SmallVector<Value> query, key;
  appendToken(query, i, line ? ValueRange() : ValueRange(querySizes));
  appendToken(key, j, line ? ValueRange() : ValueRange(keySizes));
  Value visible;
  for (unsigned axis = 0; axis < keySizes.size(); ++axis) {
    unsigned dim = line ? 0 : axis + 1;
    Value near =
        emitNeighborhoodAxis(op, axis, keySizes[axis], query[dim], key[dim]);
    visible =
        visible ? Value(arith::AndIOp::create(b, loc, visible, near)) : near;
  }
  return visible;
}
