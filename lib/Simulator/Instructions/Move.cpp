// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Moves between registers, packing and unpacking, addresses of variables and
// special registers, and conversions between address spaces.

#include "attn/Simulator/Block.h"
#include "attn/Simulator/InstructionTable.h"
#include "attn/Simulator/Memory.h"

using namespace attn::sim;

namespace {

/// Copies `Rows` rows, with what is defined in them.
template <unsigned Rows>
Outcome copy(Warp &warp, const Operation &op) {
  for (unsigned i = 0; i < Rows; ++i)
    warp.writeRow(op.operands[0] + i, warp.row(op.operands[1] + i),
                  warp.defined(op.operands[1] + i));
  return Outcome::Next;
}

Outcome copyPredicate(Warp &warp, const Operation &op) {
  warp.writePredicate(op.operands[0], warp.predicate(op.operands[1]),
                      warp.definedPredicate(op.operands[1]));
  return Outcome::Next;
}

/// The clocks that `immediate` tells apart.
enum class Clock : uint8_t { Low, High, All };

template <Clock Part>
Outcome readClock(Warp &warp, const Operation &op) {
  uint64_t time = warp.block.launch.clock;
  if constexpr (Part == Clock::All) {
    Lanes<uint64_t> values;
    values.fill(time);
    warp.write(op.operands[0], values, kAllLanes);
  } else {
    Lanes<uint32_t> values;
    values.fill(uint32_t(Part == Clock::Low ? time : time >> 32));
    warp.write(op.operands[0], values, kAllLanes);
  }
  return Outcome::Next;
}

/// Packs two registers of 16 bits, which are in the list, into one of 32.
Outcome packHalves(Warp &warp, const Operation &op) {
  const Slot *list = &warp.program.slots[op.list];
  const Row &low = warp.row(list[0]), &high = warp.row(list[1]);
  Row result;
  for (unsigned i = 0; i < kLanes; ++i)
    result.lane[i] = (low.lane[i] & 0xffff) | high.lane[i] << 16;
  warp.writeRow(op.operands[0], result,
                {warp.defined(list[0]).low, warp.defined(list[1]).low});
  return Outcome::Next;
}

/// Unpacks a register of 32 bits into two of 16, which are in the list.
Outcome unpackHalves(Warp &warp, const Operation &op) {
  const Slot *list = &warp.program.slots[op.list];
  Row source = warp.row(op.operands[0]);
  Defined defined = warp.defined(op.operands[0]);
  for (unsigned part = 0; part < 2; ++part) {
    if (list[part] == kNone)
      continue;
    Row result;
    for (unsigned i = 0; i < kLanes; ++i)
      result.lane[i] = source.lane[i] >> 16 * part & 0xffff;
    LaneMask mask = part == 0 ? defined.low : defined.high;
    warp.writeRow(list[part], result, {mask, mask});
  }
  return Outcome::Next;
}

/// Where 16 bits of a packed value are: `half` of row `row`.
struct HalfPlace {
  unsigned row, half;
};
HalfPlace findHalf(unsigned bit) { return {bit / 32, bit % 32 / 16}; }

LaneMask getHalf(Defined defined, unsigned half) {
  return half == 0 ? defined.low : defined.high;
}

/// Packs parts of `immediate` bits (16 or more), which are in the list, into a
/// register of `immediate2` bits.
Outcome packParts(Warp &warp, const Operation &op) {
  const Slot *list = &warp.program.slots[op.list];
  unsigned partBits = unsigned(op.immediate), bits = unsigned(op.immediate2);
  for (unsigned first = 0; first < bits; first += 32) {
    Row result = {};
    Defined defined = {};
    for (unsigned half = 0; half < 2; ++half) {
      unsigned bit = first + 16 * half;
      Slot part = list[bit / partBits];
      HalfPlace place = findHalf(bit % partBits);
      const Row &source = warp.row(part + place.row);
      for (unsigned i = 0; i < kLanes; ++i)
        result.lane[i] |= (source.lane[i] >> 16 * place.half & 0xffff)
                          << 16 * half;
      LaneMask mask = getHalf(warp.defined(part + place.row), place.half);
      (half == 0 ? defined.low : defined.high) = mask;
    }
    warp.writeRow(op.operands[0] + first / 32, result, defined);
  }
  return Outcome::Next;
}

/// The opposite of packParts.
Outcome unpackParts(Warp &warp, const Operation &op) {
  const Slot *list = &warp.program.slots[op.list];
  unsigned partBits = unsigned(op.immediate), bits = unsigned(op.immediate2);
  for (unsigned number = 0; number < bits / partBits; ++number) {
    if (list[number] == kNone)
      continue;
    for (unsigned first = 0; first < partBits; first += 32) {
      Row result = {};
      Defined defined = {};
      for (unsigned half = 0; half < 2 && first + 16 * half < partBits;
           ++half) {
        HalfPlace place = findHalf(number * partBits + first + 16 * half);
        const Row &source = warp.row(op.operands[0] + place.row);
        for (unsigned i = 0; i < kLanes; ++i)
          result.lane[i] |= (source.lane[i] >> 16 * place.half & 0xffff)
                            << 16 * half;
        LaneMask mask =
            getHalf(warp.defined(op.operands[0] + place.row), place.half);
        (half == 0 ? defined.low : defined.high) = mask;
        if (partBits == 16)
          defined.high = mask;
      }
      warp.writeRow(list[number] + first / 32, result, defined);
    }
  }
  return Outcome::Next;
}

/// Packs two or four registers of 8 bits into one of 16 or 32; in the list.
Outcome packBytes(Warp &warp, const Operation &op) {
  const Slot *list = &warp.program.slots[op.list];
  unsigned count = unsigned(op.immediate2) / 8;
  Row result = {};
  Defined defined;
  for (unsigned number = 0; number < count; ++number) {
    const Row &source = warp.row(list[number]);
    for (unsigned i = 0; i < kLanes; ++i)
      result.lane[i] |= (source.lane[i] & 0xff) << 8 * number;
    (number < 2 ? defined.low : defined.high) &= warp.defined(list[number]).low;
  }
  if (count == 2)
    defined.high = defined.low;
  warp.writeRow(op.operands[0], result, defined);
  return Outcome::Next;
}

Outcome unpackBytes(Warp &warp, const Operation &op) {
  const Slot *list = &warp.program.slots[op.list];
  Row source = warp.row(op.operands[0]);
  Defined defined = warp.defined(op.operands[0]);
  for (unsigned number = 0; number < unsigned(op.immediate2) / 8; ++number) {
    if (list[number] == kNone)
      continue;
    Row result;
    for (unsigned i = 0; i < kLanes; ++i)
      result.lane[i] = source.lane[i] >> 8 * number & 0xff;
    LaneMask mask = number < 2 ? defined.low : defined.high;
    warp.writeRow(list[number], result, {mask, mask});
  }
  return Outcome::Next;
}

/// Adds `immediate`, the difference of two address spaces.
Outcome convertAddress(Warp &warp, const Operation &op) {
  Lanes<uint64_t> address = warp.read<uint64_t>(op.operands[1]);
  for (uint64_t &value : address)
    value += uint64_t(op.immediate);
  warp.write(op.operands[0], address, warp.isDefined(op.operands[1], 8));
  return Outcome::Next;
}

/// Whether a generic address is in the space `immediate`.
Outcome isInSpace(Warp &warp, const Operation &op) {
  Lanes<uint64_t> address = warp.read<uint64_t>(op.operands[1]);
  LaneMask result = 0;
  for (unsigned i = 0; i < kLanes; ++i)
    result |= LaneMask(getSpace(address[i]) == Space(op.immediate)) << i;
  warp.writePredicate(op.operands[0], result,
                      warp.isDefined(op.operands[1], 8));
  return Outcome::Next;
}

/// The handler for a clock, null for other operands.
Handler getClockHandler(const Operand &source) {
  if (source.kind != Operand::Kind::Special)
    return nullptr;
  const std::string &name = source.name;
  if (name == "%clock64" || name == "%globaltimer")
    return readClock<Clock::All>;
  if (name == "%clock" || name == "%globaltimer_lo")
    return readClock<Clock::Low>;
  if (name == "%clock_hi" || name == "%globaltimer_hi")
    return readClock<Clock::High>;
  return nullptr;
}

void bindMove(Binding &binding) {
  unsigned bits = getBits(binding.type());
  binding.op.handler = bits == 128 ? copy<4> : bits == 64 ? copy<2> : copy<1>;
  if (Handler clock = getClockHandler(binding.instruction.operands[1]))
    binding.op.handler = clock;
}

void bindMovePredicate(Binding &binding) { binding.op.handler = copyPredicate; }

/// Sets the widths of packing and unpacking, and checks the registers.
void bindParts(Binding &binding, Handler halves, Handler bytes, Handler parts) {
  unsigned bits = getBits(binding.type()), count = binding.lengths[0];
  unsigned partBits = bits / count;
  binding.op.immediate = partBits;
  binding.op.immediate2 = bits;
  bool fits = partBits >= 8 && partBits * count == bits &&
              (partBits & (partBits - 1)) == 0;
  for (size_t i = 0; i < count; ++i)
    fits &= binding.listBits[i] == 0 || binding.listBits[i] == partBits ||
            (partBits == 8 && binding.listBits[i] == 16);
  if (!fits)
    binding.error = "the parts do not have the " + std::to_string(bits) +
                    " bits of the whole";
  binding.op.handler = partBits == 8                  ? bytes
                       : bits == 32 && partBits == 16 ? halves
                                                      : parts;
}

void bindPack(Binding &binding) {
  bindParts(binding, packHalves, packBytes, packParts);
}
void bindUnpack(Binding &binding) {
  bindParts(binding, unpackHalves, unpackBytes, unpackParts);
}

uint64_t getWindow(Space space) {
  switch (space) {
  case Space::Shared:
    return kSharedWindow;
  case Space::Local:
    return kLocalWindow;
  case Space::Param:
    return kParamWindow;
  default:
    return 0;
  }
}

void bindConvertAddress(Binding &binding) {
  uint64_t window = getWindow(binding.space);
  binding.op.immediate = int64_t(binding.has("to") ? 0 - window : window);
  binding.op.handler = convertAddress;
}

void bindIsInSpace(Binding &binding) {
  binding.op.immediate = int64_t(binding.space);
  binding.op.handler = isInSpace;
}

} // namespace

void attn::sim::ATTN_SIM_VARIANT::addMoveForms(FormList &forms) {
  constexpr InstructionClass kind = InstructionClass::Move;
  const Form list[] = {
      {"mov.pred d:pred, a:pred", kind, bindMovePredicate},
      {"mov.{b16|u16|s16|f16|bf16|b32|u32|s32|f32|f16x2|bf16x2|b64|u64|s64|f64|"
       "b128} d, a",
       kind, bindMove},
      {"mov.{b16|b32|b64|b128} d, {a:any}", kind, bindPack},
      {"mov.{b16|b32|b64|b128} {d:any}, a", kind, bindUnpack},
      {"cvta.{global|shared|local|param|const|shared::cta|shared::cluster|"
       "param::entry}.u64 d, a",
       kind, bindConvertAddress},
      {"cvta.to.{global|shared|local|param|const|shared::cta|shared::cluster|"
       "param::entry}.u64 d, a",
       kind, bindConvertAddress},
      {"isspacep.{global|shared|local|param|const|shared::cta|shared::cluster|"
       "param::entry} d:pred, a:u64",
       kind, bindIsInSpace},
  };
  forms.insert(forms.end(), std::begin(list), std::end(list));
}
