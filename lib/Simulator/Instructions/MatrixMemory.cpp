// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Loads, stores and transpositions of matrices that a warp holds together.

#include "MemoryAccess.h"

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
  if (!warp.haveArrived(access.op, kAllLanes))
    return Outcome::Wait;
  if (warp.active != kAllLanes)
    return Outcome::Stop;
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

} // namespace

void attn::sim::ATTN_SIM_VARIANT::addMatrixMemoryForms(FormList &forms) {
  const Form list[] = {
      {"ldmatrix.sync.aligned.m8n8.{x1|x2|x4}[.trans][.{shared|shared::cta}]"
       ".b16 {d:b32}, [a]",
       InstructionClass::Load, bindLoadMatrix, 75},
  };
  forms.insert(forms.end(), std::begin(list), std::end(list));
}
