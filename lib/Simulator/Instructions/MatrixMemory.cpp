// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Loads, stores and transpositions of matrices that a warp holds together.

#include "../MatrixLayout.h"
#include "MemoryAccess.h"

#include <deque>
#include <mutex>

using namespace attn::sim;
using namespace attn::sim::ATTN_SIM_VARIANT;

namespace {

//===----------------------------------------------------------------------===//
// ldmatrix, stmatrix, movmatrix
//===----------------------------------------------------------------------===//

constexpr unsigned kMatrixRows = 8;
constexpr unsigned kRowBytes = 16;

/// Which matrices a ldmatrix or stmatrix moves, in `Operation::immediate2`.
struct MatrixForm {
  uint8_t count = 1;
  bool isTransposed = false;
  bool is64Bit = true;
  Space space = Space::Generic;
  uint8_t padding[4] = {};
};
static_assert(sizeof(MatrixForm) == sizeof(int64_t));

MatrixForm getForm(const Operation &op) {
  MatrixForm form;
  std::memcpy(&form, &op.immediate2, sizeof(form));
  return form;
}

/// Begins the access of `op`: the first lanes each name a row of 16 bytes.
Outcome startMatrix(Access &access, const MatrixForm &form) {
  Warp &warp = access.warp;
  if (Outcome outcome = awaitFullWarp(warp, access.op);
      outcome != Outcome::Next)
    return outcome;
  unsigned rows = form.count * kMatrixRows;
  access.space = form.space;
  access.lanes = rows == kLanes ? kAllLanes : (LaneMask(1) << rows) - 1;
  access.size = kRowBytes;
  readAddress(access, access.op.operands[0], form.is64Bit, access.op.immediate);
  return checkAddress(access, access.op.operands[0], form.is64Bit);
}

/// Rows of matrices lie in shared memory; false, with a report, elsewhere.
bool isShared(const Access &access) {
  if (access.space == Space::Shared)
    return true;
  access.warp.report(Check::Invalid, access.op, access.lanes,
                     "the address is not in shared memory");
  return false;
}

/// Gives lane `i` the elements 2 * (i % 4) and the next one of row i / 4.
template <bool IsTransposed>
ATTN_SIM_INLINE inline Row spread(const uint8_t *const *rows) {
  Row result;
  for (unsigned lane = 0; lane < kLanes; ++lane) {
    unsigned row = lane / 4, pair = lane % 4;
    if constexpr (IsTransposed) {
      uint16_t low, high;
      std::memcpy(&low, rows[2 * pair] + 2 * row, 2);
      std::memcpy(&high, rows[2 * pair + 1] + 2 * row, 2);
      result.lane[lane] = uint32_t(high) << 16 | low;
    } else {
      std::memcpy(&result.lane[lane], rows[row] + 4 * pair, 4);
    }
  }
  return result;
}

/// The registers are in the list, the address is the first operand.
Outcome loadMatrix(Warp &warp, const Operation &op) {
  MatrixForm form = getForm(op);
  Access access(warp, op);
  if (Outcome outcome = startMatrix(access, form); outcome != Outcome::Next)
    return outcome;
  std::array<const uint8_t *, kLanes> rows = {};
  Outcome outcome = forEachSpace(access, [&](Access &part) {
    if (!isShared(part) || locate(part) != Outcome::Next)
      return Outcome::Stop;
    countAccess(part);
    for (unsigned i = 0; i < form.count * kMatrixRows; ++i)
      rows[i] = part.pointer(i);
    return checkRead(part);
  });
  if (outcome != Outcome::Next)
    return outcome;
  const Slot *slots = &warp.program.slots[op.list];
  for (unsigned i = 0; i < form.count; ++i)
    warp.writeRow(slots[i],
                  form.isTransposed ? spread<true>(&rows[i * kMatrixRows])
                                    : spread<false>(&rows[i * kMatrixRows]),
                  Defined());
  return Outcome::Next;
}

/// Puts what lanes hold into rows, the inverse of `spread`, with the halves of
/// each row that are defined.
struct RowData {
  uint8_t bytes[kLanes * kRowBytes];
  std::array<LaneMask, kMatrixRows> defined = {};
};

template <bool IsTransposed>
void gather(const Warp &warp, Slot slot, unsigned firstRow, RowData &data) {
  const Row &values = warp.row(slot);
  Defined defined = warp.defined(slot);
  for (unsigned lane = 0; lane < kLanes; ++lane)
    for (unsigned half = 0; half < 2; ++half) {
      unsigned outer = lane / 4, inner = lane % 4 * 2 + half;
      unsigned row = firstRow + (IsTransposed ? inner : outer);
      unsigned column = IsTransposed ? outer : inner;
      uint16_t value = uint16_t(values.lane[lane] >> 16 * half);
      std::memcpy(data.bytes + row * kRowBytes + 2 * column, &value, 2);
      LaneMask isDefined = (half ? defined.high : defined.low) >> lane & 1;
      data.defined[column] |= isDefined << row;
    }
}

/// Marks which halves of the rows of a store are defined.
void markRows(const Access &access, const RowData &data) {
  Block &block = access.warp.block;
  if (!block.launch.options.checks)
    return;
  for (unsigned column = 0; column < kMatrixRows; ++column)
    mark(block.definedShared, access, 2 * column, 2,
         access.lanes & data.defined[column],
         access.lanes & ~data.defined[column]);
}

Outcome storeMatrix(Warp &warp, const Operation &op) {
  MatrixForm form = getForm(op);
  Access access(warp, op);
  access.isWrite = true;
  if (Outcome outcome = startMatrix(access, form); outcome != Outcome::Next)
    return outcome;
  const Slot *slots = &warp.program.slots[op.list];
  RowData data;
  for (unsigned i = 0; i < form.count; ++i)
    if (form.isTransposed)
      gather<true>(warp, slots[i], i * kMatrixRows, data);
    else
      gather<false>(warp, slots[i], i * kMatrixRows, data);
  return forEachSpace(access, [&](Access &part) {
    if (!isShared(part) || locate(part) != Outcome::Next)
      return Outcome::Stop;
    countAccess(part);
    markRows(part, data);
    return write(part, data.bytes, kRowBytes);
  });
}

/// Operands: result, value.
Outcome transposeMatrix(Warp &warp, const Operation &op) {
  if (Outcome outcome = awaitFullWarp(warp, op); outcome != Outcome::Next)
    return outcome;
  const Row &value = warp.row(op.operands[1]);
  Defined from = warp.defined(op.operands[1]);
  Row result;
  Defined where = {0, 0};
  for (unsigned lane = 0; lane < kLanes; ++lane) {
    // The elements (2i, row) and (2i + 1, row), in different lanes.
    unsigned row = lane / 4, shift = row % 2 * 16;
    unsigned low = lane % 4 * 8 + row / 2, high = low + 4;
    LaneMask defined = row % 2 ? from.high : from.low;
    result.lane[lane] = (value.lane[low] >> shift & 0xffff) |
                        (value.lane[high] >> shift & 0xffff) << 16;
    where.low |= (defined >> low & 1) << lane;
    where.high |= (defined >> high & 1) << lane;
  }
  warp.writeRow(op.operands[0], result, where);
  return Outcome::Next;
}

void bindMatrix(Binding &binding, Handler handler) {
  MatrixForm form;
  form.count = uint8_t(1 << binding.choose({"x1", "x2", "x4"}));
  form.isTransposed = binding.has("trans");
  form.is64Bit = binding.bits[0] == 64;
  form.space = binding.space;
  if (binding.lengths[0] != form.count)
    binding.error = "expected " + std::to_string(form.count) +
                    " registers, found " + std::to_string(binding.lengths[0]);
  std::memcpy(&binding.op.immediate2, &form, sizeof(form));
  noteWidth(binding, Space::Shared, kRowBytes);
  binding.op.handler = handler;
}

void bindLoadMatrix(Binding &binding) { bindMatrix(binding, loadMatrix); }
void bindStoreMatrix(Binding &binding) { bindMatrix(binding, storeMatrix); }
void bindTranspose(Binding &binding) { binding.op.handler = transposeMatrix; }

//===----------------------------------------------------------------------===//
// wmma.load, wmma.store
//===----------------------------------------------------------------------===//

/// A matrix in memory and its fragment; `Operation::immediate2` points to it.
/// Elements of less than a byte are taken as words. A line is a row or, with
/// the layout `col`, a column.
struct FragmentForm {
  const FragmentLayout *layout = nullptr;
  Space space = Space::Generic;
  bool is64Bit = true;
  bool isColumn = false;
  unsigned registers = 0;
  /// Bits of an element in memory, and bytes of what the layout places.
  unsigned elementBits = 0;
  unsigned unitBytes = 0;
  unsigned lines = 0;
  unsigned lineBytes = 0;
  /// What each lane moves at once.
  unsigned pieceBytes = 0;
};

constexpr unsigned kFragmentBytes = 2048;

/// The bytes of a matrix, line after line, and which are defined.
struct FragmentData {
  uint8_t bytes[kFragmentBytes];
  uint8_t defined[kFragmentBytes];
};

const FragmentForm &getFragmentForm(const Operation &op) {
  return *reinterpret_cast<const FragmentForm *>(op.immediate2);
}

/// The first byte of the element at `position`, which counts by rows.
unsigned getByte(const FragmentForm &form, unsigned position) {
  unsigned row = position / form.layout->columns;
  unsigned column = position % form.layout->columns;
  return form.isColumn ? column * form.lineBytes + row * form.unitBytes
                       : row * form.lineBytes + column * form.unitBytes;
}

/// Reports lanes that name another matrix than the first.
Outcome checkSame(Warp &warp, const Operation &op, Slot slot, unsigned rows,
                  const char *what) {
  LaneMask different = 0;
  for (unsigned row = 0; row < rows; ++row) {
    const Row &values = warp.row(slot + row);
    for (unsigned i = 0; i < kLanes; ++i)
      different |= LaneMask(values.lane[i] != values.lane[0]) << i;
  }
  return different ? warp.report(Check::Invalid, op, different,
                                 std::string("the ") + what +
                                     " differs between threads")
                   : Outcome::Next;
}

/// The place of a matrix in memory.
struct MatrixPlace {
  uint64_t address = 0;
  uint64_t stride = 0;
};

/// Reads address and stride, operands 0 and 1, in bytes.
Outcome readPlace(Warp &warp, const Operation &op, const FragmentForm &form,
                  MatrixPlace &place) {
  if (Outcome outcome = awaitFullWarp(warp, op); outcome != Outcome::Next)
    return outcome;
  Access access(warp, op);
  access.lanes = kAllLanes;
  readAddress(access, op.operands[0], form.is64Bit, op.immediate);
  if (checkAddress(access, op.operands[0], form.is64Bit) == Outcome::Stop ||
      checkSame(warp, op, op.operands[0], form.is64Bit ? 2 : 1, "address") ==
          Outcome::Stop)
    return Outcome::Stop;
  place.address = access.address[0];
  place.stride = form.lineBytes;
  if (op.operands[1] == kNone)
    return Outcome::Next;
  if (checkAddress(access, op.operands[1], false) == Outcome::Stop ||
      checkSame(warp, op, op.operands[1], 1, "stride") == Outcome::Stop)
    return Outcome::Stop;
  place.stride =
      uint64_t(warp.row(op.operands[1]).lane[0]) * form.elementBits / 8;
  return Outcome::Next;
}

/// Calls `function` with accesses that together move the matrix at `place`, and
/// where in its data that of the first lane lies.
template <typename Function>
Outcome forEachPiece(Warp &warp, const Operation &op, const FragmentForm &form,
                     const MatrixPlace &place, bool isWrite,
                     Function function) {
  unsigned perLine = form.lineBytes / form.pieceBytes;
  unsigned pieces = form.lines * perLine;
  for (unsigned first = 0; first < pieces; first += kLanes) {
    Access access(warp, op);
    unsigned count = std::min(pieces - first, kLanes);
    access.space = form.space;
    access.lanes = count == kLanes ? kAllLanes : (LaneMask(1) << count) - 1;
    access.size = form.pieceBytes;
    access.isWrite = isWrite;
    for (unsigned i = 0; i < kLanes; ++i) {
      unsigned piece = i < count ? first + i : first;
      access.address[i] = place.address + piece / perLine * place.stride +
                          piece % perLine * form.pieceBytes;
    }
    Outcome outcome = forEachSpace(access, [&](Access &part) {
      if (part.space == Space::Shared || part.space == Space::Global)
        return function(part, first * form.pieceBytes);
      warp.report(Check::Invalid, op, part.lanes,
                  "the matrix is neither in global nor in shared memory");
      return Outcome::Stop;
    });
    if (outcome != Outcome::Next)
      return outcome;
  }
  return Outcome::Next;
}

/// Operands: address, stride or kNone. The registers are in the list.
Outcome loadFragment(Warp &warp, const Operation &op) {
  const FragmentForm &form = getFragmentForm(op);
  MatrixPlace place;
  Outcome outcome = readPlace(warp, op, form, place);
  if (outcome != Outcome::Next)
    return outcome;
  FragmentData data;
  outcome = forEachPiece(warp, op, form, place, false,
                         [&](Access &access, unsigned first) {
                           if (locate(access) != Outcome::Next)
                             return Outcome::Stop;
                           countAccess(access);
                           for (unsigned i = 0; i < kLanes; ++i)
                             if (access.lanes >> i & 1)
                               std::memcpy(data.bytes + first + i * access.size,
                                           access.pointer(i), access.size);
                           return checkRead(access);
                         });
  if (outcome != Outcome::Next)
    return outcome;
  const Slot *slots = &warp.program.slots[op.list];
  unsigned rows = form.unitBytes == 8 ? 2 : 1;
  unsigned perRegister = form.unitBytes < 4 ? 4 / form.unitBytes : 1;
  for (unsigned r = 0; r < form.registers; ++r) {
    std::array<Row, 2> values = {};
    for (unsigned i = 0; i < perRegister; ++i) {
      // Elements that a fragment has more than once follow each other.
      const auto &positions =
          form.layout
              ->positions[(r * perRegister + i) % form.layout->elements()];
      for (unsigned lane = 0; lane < kLanes; ++lane) {
        uint64_t element = 0;
        std::memcpy(&element, data.bytes + getByte(form, positions[lane]),
                    form.unitBytes);
        element <<= i * form.unitBytes * 8;
        values[0].lane[lane] |= uint32_t(element);
        values[1].lane[lane] |= uint32_t(element >> 32);
      }
    }
    for (unsigned row = 0; row < rows; ++row)
      warp.writeRow(slots[r] + row, values[row], Defined());
  }
  return Outcome::Next;
}

/// Reads the fragment of d.
void readFragment(const Warp &warp, const FragmentForm &form, const Slot *slots,
                  FragmentData &data) {
  unsigned perRegister = form.unitBytes < 4 ? 4 / form.unitBytes : 1;
  for (unsigned e = 0; e < form.layout->elements(); ++e) {
    Slot slot = slots[e / perRegister];
    unsigned half = e % perRegister;
    Defined defined = warp.defined(slot);
    LaneMask where = form.unitBytes == 2 ? (half ? defined.high : defined.low)
                                         : warp.isDefined(slot, form.unitBytes);
    for (unsigned lane = 0; lane < kLanes; ++lane) {
      uint64_t element = warp.row(slot).lane[lane] >> half * 16;
      if (form.unitBytes == 8)
        element |= uint64_t(warp.row(slot + 1).lane[lane]) << 32;
      unsigned at = getByte(form, form.layout->positions[e][lane]);
      std::memcpy(data.bytes + at, &element, form.unitBytes);
      std::memset(data.defined + at, where >> lane & 1, form.unitBytes);
    }
  }
}

/// Checks and marks which of the bytes that a piece stores are defined.
Outcome checkStored(const Access &access, const FragmentData &data,
                    unsigned first) {
  Block &block = access.warp.block;
  if (!block.launch.options.checks)
    return Outcome::Next;
  LaneMask undefined = 0;
  for (unsigned done = 0; done < access.size; done += 2) {
    LaneMask where = 0;
    for (unsigned i = 0; i < kLanes; ++i)
      if (access.lanes >> i & 1)
        where |= LaneMask(data.defined[first + i * access.size + done]) << i;
    undefined |= access.lanes & ~where;
    if (access.space == Space::Shared)
      mark(block.definedShared, access, done, 2, where, access.lanes & ~where);
  }
  return undefined && access.space == Space::Global
             ? reportStored(access, undefined)
             : Outcome::Next;
}

/// Operands: address, stride or kNone. The registers are in the list.
Outcome storeFragment(Warp &warp, const Operation &op) {
  const FragmentForm &form = getFragmentForm(op);
  MatrixPlace place;
  Outcome outcome = readPlace(warp, op, form, place);
  if (outcome != Outcome::Next)
    return outcome;
  FragmentData data;
  readFragment(warp, form, &warp.program.slots[op.list], data);
  return forEachPiece(warp, op, form, place, true,
                      [&](Access &access, unsigned first) {
                        if (locate(access) != Outcome::Next)
                          return Outcome::Stop;
                        countAccess(access);
                        if (checkStored(access, data, first) == Outcome::Stop)
                          return Outcome::Stop;
                        return write(access, data.bytes + first, access.size);
                      });
}

/// Keeps a form as long as programs may refer to it.
int64_t keepForm(const FragmentForm &form) {
  static std::mutex mutex;
  static std::deque<FragmentForm> forms;
  std::lock_guard<std::mutex> lock(mutex);
  forms.push_back(form);
  return int64_t(reinterpret_cast<intptr_t>(&forms.back()));
}

/// The layout of a fragment with elements of `bits` bits; the shape is in
/// elements.
const FragmentLayout &findLayout(MatrixOperand operand, unsigned bits,
                                 MatrixShape shape) {
  switch (bits) {
  case 64:
    return getFragmentLayout(operand, MatrixFamily::Bits64, shape);
  case 32:
    return getFragmentLayout(operand, MatrixFamily::Bits32, shape);
  case 16:
    return getFragmentLayout(operand, MatrixFamily::Bits16, shape);
  case 8:
    return getFragmentLayout(operand, MatrixFamily::Bits8, shape);
  default:
    shape.k = shape.k * bits / 32;
    return getFragmentLayout(operand, MatrixFamily::Bits32, shape);
  }
}

FragmentForm describeFragment(Binding &binding) {
  // load.a.sync.aligned.layout.shape, store.d....
  const auto &names = binding.instruction.qualifiers;
  MatrixOperand operand = names[1] == "a"   ? MatrixOperand::A
                          : names[1] == "b" ? MatrixOperand::B
                                            : MatrixOperand::C;
  Type type = binding.type();
  FragmentForm form;
  form.elementBits = getBits(type);
  form.layout =
      &findLayout(operand, form.elementBits, parseMatrixShape(names[5]));
  form.space = binding.space;
  form.is64Bit = binding.bits[0] == 64;
  form.isColumn = names[4] == "col";
  form.unitBytes = form.elementBits < 8 ? 4 : form.elementBits / 8;
  unsigned rows = form.layout->size / form.layout->columns;
  form.lines = form.isColumn ? form.layout->columns : rows;
  form.lineBytes =
      (form.isColumn ? rows : form.layout->columns) * form.unitBytes;
  form.pieceBytes = std::min(form.lineBytes, kRowBytes);
  form.registers =
      form.layout->elements() * form.unitBytes / std::max(form.unitBytes, 4u);
  if (type == Type::F16 && operand != MatrixOperand::C)
    form.registers = 8;
  return form;
}

void bindFragment(Binding &binding, Handler handler) {
  FragmentForm form = describeFragment(binding);
  if (binding.lengths[0] != form.registers)
    binding.error = "expected " + std::to_string(form.registers) +
                    " registers, found " + std::to_string(binding.lengths[0]);
  noteWidth(binding, binding.space, form.pieceBytes);
  binding.op.immediate2 = keepForm(form);
  binding.op.handler = handler;
}

void bindLoadFragment(Binding &binding) { bindFragment(binding, loadFragment); }
void bindStoreFragment(Binding &binding) {
  bindFragment(binding, storeFragment);
}

} // namespace

#define SPACE "[.{global|shared|shared::cta}]"
#define LOAD_AB "wmma.load.{a|b}.sync.aligned.{row|col}"
#define LOAD_C "wmma.load.c.sync.aligned.{row|col}"
#define STORE_D "wmma.store.d.sync.aligned.{row|col}"
#define SHAPE ".{m16n16k16|m8n32k16|m32n8k16}"

void attn::sim::ATTN_SIM_VARIANT::addMatrixMemoryForms(FormList &forms) {
  constexpr auto load = InstructionClass::Load;
  constexpr auto store = InstructionClass::Store;
  const Form list[] = {
      {"ldmatrix.sync.aligned.m8n8.{x1|x2|x4}[.trans][.{shared|shared::cta}]"
       ".b16 {d:b32}, [a]",
       load, bindLoadMatrix, 75},
      {"stmatrix.sync.aligned.m8n8.{x1|x2|x4}[.trans][.{shared|shared::cta}]"
       ".b16 [a], {b:b32}",
       store, bindStoreMatrix, 90},
      {"movmatrix.sync.aligned.m8n8.trans.b16 d:b32, a:b32",
       InstructionClass::Warp, bindTranspose, 75},
      {LOAD_AB SHAPE SPACE ".{f16|bf16|s8|u8} {d:b32}, [a][, b:u32]", load,
       bindLoadFragment, 70},
      {LOAD_AB ".m16n16k8" SPACE ".tf32 {d:b32}, [a][, b:u32]", load,
       bindLoadFragment, 80},
      {LOAD_AB ".m8n8k4" SPACE ".f64 {d:b64}, [a][, b:u32]", load,
       bindLoadFragment, 80},
      {"wmma.load.{a.sync.aligned.row|b.sync.aligned.col}.m8n8k32" SPACE
       ".{s4|u4} {d:b32}, [a][, b:u32]",
       load, bindLoadFragment, 75},
      {"wmma.load.{a.sync.aligned.row|b.sync.aligned.col}.m8n8k128" SPACE
       ".b1 {d:b32}, [a][, b:u32]",
       load, bindLoadFragment, 75},
      {LOAD_C SHAPE SPACE ".{f16|f32|s32} {d:b32}, [a][, b:u32]", load,
       bindLoadFragment, 70},
      {LOAD_C ".m16n16k8" SPACE ".f32 {d:b32}, [a][, b:u32]", load,
       bindLoadFragment, 80},
      {LOAD_C ".{m8n8k32|m8n8k128}" SPACE ".s32 {d:b32}, [a][, b:u32]", load,
       bindLoadFragment, 75},
      {LOAD_C ".m8n8k4" SPACE ".f64 {d:b64}, [a][, b:u32]", load,
       bindLoadFragment, 80},
      {STORE_D SHAPE SPACE ".{f16|f32|s32} [a], {c:b32}[, b:u32]", store,
       bindStoreFragment, 70},
      {STORE_D ".m16n16k8" SPACE ".f32 [a], {c:b32}[, b:u32]", store,
       bindStoreFragment, 80},
      {STORE_D ".{m8n8k32|m8n8k128}" SPACE ".s32 [a], {c:b32}[, b:u32]", store,
       bindStoreFragment, 75},
      {STORE_D ".m8n8k4" SPACE ".f64 [a], {c:b64}[, b:u32]", store,
       bindStoreFragment, 80},
  };
  forms.insert(forms.end(), std::begin(list), std::end(list));
}
