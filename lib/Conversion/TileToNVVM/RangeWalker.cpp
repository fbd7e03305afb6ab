//===- RangeWalker.cpp - the tiles of a list of ranges, one by one --------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RangeWalker.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace mlir::tile;

using Predicate = arith::CmpIPredicate;

RangeWalker::RangeWalker(ImplicitLocOpBuilder &b, ForEachOp loop,
                         const IRMapping &outer)
    : b(b), step(loop.getStep()), values(outer) {
  found = loop.getRanges().getDefiningOp<FindRangesOp>();
  if (found) {
    tiles = arith::CeilDivSIOp::create(b, values.lookup(found.getEnd()),
                                       index(step));
    return;
  }
  auto ranges = loop.getRanges().getDefiningOp<RangesOp>();
  int64_t count = ranges.getKinds().size();
  auto flag = [&](bool value) -> Value {
    return arith::ConstantOp::create(b, b.getBoolAttr(value));
  };
  starts.push_back({index(count), index(0), index(0), flag(false)});
  for (int64_t i = count; i-- > 0;) {
    Value begin = values.lookup(ranges.getBegins()[i]);
    Value end = values.lookup(ranges.getEnds()[i]);
    Cursor here{index(i + 1), begin, end,
                flag(ranges.getKind(i) == RangeKind::Full)};
    Value isThere = arith::CmpIOp::create(b, Predicate::slt, begin, end);
    starts.push_back(select(isThere, here, starts.back()));
  }
  std::reverse(starts.begin(), starts.end());
}

Value RangeWalker::index(int64_t value) {
  return arith::ConstantIndexOp::create(b, value);
}

Cursor RangeWalker::select(Value condition, const Cursor &yes,
                           const Cursor &no) {
  SmallVector<Value> chosen;
  for (auto [y, n] : llvm::zip(yes.getValues(), no.getValues()))
    chosen.push_back(arith::SelectOp::create(b, condition, y, n));
  return Cursor::get(chosen);
}

Cursor RangeWalker::emitFirst() {
  if (!found)
    return starts.front();
  return emitFind(
      arith::DivSIOp::create(b, values.lookup(found.getBegin()), index(step)));
}

Cursor RangeWalker::emitNext(const Cursor &cursor) {
  Value key = arith::AddIOp::create(b, cursor.key, index(step));
  Value stays = arith::CmpIOp::create(b, Predicate::slt, key, cursor.end);
  Cursor same = cursor;
  same.key = key;
  if (!found) {
    Cursor jump = starts.back();
    for (int64_t i = starts.size() - 1; i-- > 1;) {
      Value isIt =
          arith::CmpIOp::create(b, Predicate::eq, cursor.next, index(i));
      jump = select(isIt, starts[i], jump);
    }
    return select(stays, same, jump);
  }
  SmallVector<Type> types(ValueRange(cursor.getValues()).getTypes());
  auto branch = scf::IfOp::create(b, types, stays, /*withElseRegion=*/true);
  ImplicitLocOpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(branch.thenBlock());
  scf::YieldOp::create(b, same.getValues());
  b.setInsertionPointToStart(branch.elseBlock());
  scf::YieldOp::create(b, emitFind(cursor.next).getValues());
  return Cursor::get(branch.getResults());
}

Value RangeWalker::emitIsDone(const Cursor &cursor) {
  return arith::CmpIOp::create(b, Predicate::sge, cursor.key, cursor.end);
}

/// The most tiles of a group that begins with tile `first`: the lowest bit of
/// its number, or a power of two that holds them all.
Value RangeWalker::emitLargestGroup(Value first) {
  Value bits = arith::IndexCastOp::create(b, b.getI64Type(), tiles);
  Value zeros = math::CountLeadingZerosOp::create(b, bits);
  zeros = arith::IndexCastOp::create(b, b.getIndexType(), zeros);
  Value log = arith::SubIOp::create(b, index(64), zeros);
  Value most = arith::ShLIOp::create(b, index(1), log);
  Value negated = arith::SubIOp::create(b, index(0), first);
  Value lowest = arith::AndIOp::create(b, first, negated);
  Value isZero = arith::CmpIOp::create(b, Predicate::eq, first, index(0));
  return arith::SelectOp::create(b, isZero, most, lowest);
}

/// The first tile from `first` on that is visited. Groups are asked about from
/// the largest on; what is empty is skipped, what is mixed is halved:
///
///   while first < tiles:
///     (may, must) = region(group of `count` tiles from `first` on)
///     if may and (full or count = 1): found
///     if may: count /= 2
///     else:   first += count; count = the largest group there
Cursor RangeWalker::emitFind(Value first) {
  SmallVector<Type> types(5, b.getIndexType());
  types.append(2, b.getI1Type());
  Type start[] = {b.getIndexType(), b.getIndexType()};
  auto loop = scf::WhileOp::create(b, types,
                                   ValueRange{first, emitLargestGroup(first)});
  ImplicitLocOpBuilder::InsertionGuard guard(b);
  SmallVector<Location> locations(types.size(), b.getLoc());
  Block *before =
      b.createBlock(&loop.getBefore(), {}, start, {b.getLoc(), b.getLoc()});
  Value tile = before->getArgument(0), count = before->getArgument(1);
  Value behind = arith::AddIOp::create(b, tile, count);
  Value lo =
      arith::MaxSIOp::create(b, arith::MulIOp::create(b, tile, index(step)),
                             values.lookup(found.getBegin()));
  Value hi =
      arith::MinSIOp::create(b, arith::MulIOp::create(b, behind, index(step)),
                             values.lookup(found.getEnd()));
  Block &body = found.getBody().front();
  IRMapping group(values);
  group.map(body.getArguments(), ArrayRef<Value>{lo, hi, tile, count});
  for (Operation &nested : body.without_terminator())
    b.clone(nested, group);
  auto classify = cast<ClassifyOp>(body.back());
  Value may = group.lookup(classify.getMay());
  Value rest =
      arith::RemSIOp::create(b, arith::SubIOp::create(b, hi, lo), index(step));
  Value whole = arith::CmpIOp::create(b, Predicate::eq, rest, index(0));
  Value full =
      arith::AndIOp::create(b, group.lookup(classify.getMust()), whole);
  Value isOne = arith::CmpIOp::create(b, Predicate::eq, count, index(1));
  Value decided = arith::OrIOp::create(b, full, isOne);
  Value isFound = arith::AndIOp::create(b, may, decided);
  Value inside = arith::CmpIOp::create(b, Predicate::slt, tile, tiles);
  Value yes = arith::ConstantOp::create(b, b.getBoolAttr(true));
  Value goOn =
      arith::AndIOp::create(b, inside, arith::XOrIOp::create(b, isFound, yes));
  // Behind the last tile there is nothing: no key before the end.
  Value end = arith::SelectOp::create(b, inside, hi, lo);
  scf::ConditionOp::create(b, goOn,
                           ValueRange{tile, count, behind, lo, end, full, may});

  Block *after = b.createBlock(&loop.getAfter(), {}, types, locations);
  Value half = arith::ShRUIOp::create(b, after->getArgument(1), index(1));
  Value isMixed = after->getArgument(6);
  Value nextTile = arith::SelectOp::create(b, isMixed, after->getArgument(0),
                                           after->getArgument(2));
  Value nextCount = arith::SelectOp::create(
      b, isMixed, half, emitLargestGroup(after->getArgument(2)));
  scf::YieldOp::create(b, ValueRange{nextTile, nextCount});
  b.setInsertionPointAfter(loop);
  return {loop.getResult(2), loop.getResult(3), loop.getResult(4),
          loop.getResult(5)};
}
