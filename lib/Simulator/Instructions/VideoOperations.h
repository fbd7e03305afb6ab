// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Video instructions on the two halves or the four bytes of words. PTX ISA,
// 9.7.17.

#ifndef ATTN_SIMULATOR_INSTRUCTIONS_VIDEOOPERATIONS_H
#define ATTN_SIMULATOR_INSTRUCTIONS_VIDEOOPERATIONS_H

#include "Elementwise.h"

#include <algorithm>

namespace attn::sim::ATTN_SIM_VARIANT {
namespace {

enum class Video : uint8_t {
  Add,
  Subtract,
  Average,
  Difference,
  Minimum,
  Maximum,
  Equal,
  NotEqual,
  Less,
  LessOrEqual,
  Greater,
  GreaterOrEqual,
};
constexpr unsigned kFirstVideoComparison = unsigned(Video::Equal);

/// What a video instruction does, in `Operation::immediate`.
struct VideoForm {
  Video operation = Video::Add;
  uint8_t bits = 8;
  bool isSignedA = false, isSignedB = false, isSignedResult = false;
  bool saturates = false;
  /// Adds all results to the third operand.
  bool accumulates = false;
  uint8_t unused = 0;
};
static_assert(sizeof(VideoForm) == sizeof(int64_t));

/// The result for one part of the words, before it is cut to its width.
inline int32_t computeVideo(Video operation, int32_t a, int32_t b) {
  switch (operation) {
  case Video::Add:
    return a + b;
  case Video::Subtract:
    return a - b;
  case Video::Average:
    return (a + b + (a + b >= 0 ? 1 : 0)) >> 1;
  case Video::Difference:
    return a < b ? b - a : a - b;
  case Video::Minimum:
    return std::min(a, b);
  case Video::Maximum:
    return std::max(a, b);
  case Video::Equal:
    return a == b;
  case Video::NotEqual:
    return a != b;
  case Video::Less:
    return a < b;
  case Video::LessOrEqual:
    return a <= b;
  case Video::Greater:
    return a > b;
  case Video::GreaterOrEqual:
    return a >= b;
  }
  return 0;
}

/// The part of `word` that begins at bit `shift`.
inline int32_t getVideoPart(uint32_t word, unsigned shift, unsigned bits,
                            bool isSigned) {
  uint32_t top = word >> shift << (32 - bits);
  return isSigned ? int32_t(top) >> (32 - bits) : int32_t(top >> (32 - bits));
}

/// The nearest number of the type of the result.
inline int32_t saturateVideo(const VideoForm &form, int32_t value) {
  int32_t low = form.isSignedResult ? -(1 << (form.bits - 1)) : 0;
  return std::clamp(value, low, low + (1 << form.bits) - 1);
}

inline uint32_t computeVideoWord(const VideoForm &form, uint32_t a, uint32_t b,
                                 uint32_t c) {
  const uint32_t mask = (uint32_t(1) << form.bits) - 1;
  uint32_t word = form.accumulates ? c : 0;
  for (unsigned shift = 0; shift < 32; shift += form.bits) {
    int32_t result = computeVideo(
        form.operation, getVideoPart(a, shift, form.bits, form.isSignedA),
        getVideoPart(b, shift, form.bits, form.isSignedB));
    if (form.saturates)
      result = saturateVideo(form, result);
    word += form.accumulates ? uint32_t(result)
                             : (uint32_t(result) & mask) << shift;
  }
  return word;
}

/// Operands: result, two sources, and what the results are added to or merged
/// with. Without a mask nothing of the last is left after merging.
Outcome video(Warp &warp, const Operation &op) {
  VideoForm form;
  std::memcpy(&form, &op.immediate, sizeof(form));
  const Slot *s = op.operands.data();
  const Row &a = warp.row(s[1]), &b = warp.row(s[2]), &c = warp.row(s[3]);
  Row result;
  for (unsigned i = 0; i < kLanes; ++i)
    result.lane[i] = computeVideoWord(form, a.lane[i], b.lane[i], c.lane[i]);
  Defined where = warp.defined(s[1]) & warp.defined(s[2]);
  if (form.accumulates) {
    LaneMask all = where.both() & warp.defined(s[3]).both();
    where = {all, all};
  }
  warp.writeRow(op.operands[0], result, where);
  return Outcome::Next;
}

void setVideoForm(Binding &b, const VideoForm &form) {
  std::memcpy(&b.op.immediate, &form, sizeof(form));
  b.op.handler = &video;
}

template <Video Operation, unsigned Bits>
void bindVideo(Binding &b) {
  VideoForm form;
  form.operation = Operation;
  form.bits = Bits;
  form.isSignedResult = isSigned(b.type(0));
  form.isSignedA = isSigned(b.type(1));
  form.isSignedB = isSigned(b.type(2));
  form.saturates = b.has("sat");
  form.accumulates = b.has("add");
  setVideoForm(b, form);
}

template <unsigned Bits>
void bindVideoSet(Binding &b) {
  VideoForm form;
  int comparison = b.choose({"eq", "ne", "lt", "le", "gt", "ge"});
  form.operation = Video(kFirstVideoComparison + unsigned(comparison));
  form.bits = Bits;
  form.isSignedA = isSigned(b.type(0));
  form.isSignedB = isSigned(b.type(1));
  form.accumulates = b.has("add");
  setVideoForm(b, form);
}

#define SIGNS "{u32|s32}"
#define VIDEO_TYPES "." SIGNS "." SIGNS "." SIGNS
#define VIDEO_FORMS(name, operation)                                           \
  {name "2" VIDEO_TYPES "[.{sat|add}] d, a, b, c", InstructionClass::Integer,  \
   bindVideo<operation, 16>},                                                  \
  {                                                                            \
    name "4" VIDEO_TYPES "[.{sat|add}] d, a, b, c", InstructionClass::Integer, \
        bindVideo<operation, 8>                                                \
  }
#define VIDEO_SET "." SIGNS "." SIGNS ".{eq|ne|lt|le|gt|ge}[.add] d, a, b, c"

const Form kVideo[] = {
    VIDEO_FORMS("vadd", Video::Add),
    VIDEO_FORMS("vsub", Video::Subtract),
    VIDEO_FORMS("vavrg", Video::Average),
    VIDEO_FORMS("vabsdiff", Video::Difference),
    VIDEO_FORMS("vmin", Video::Minimum),
    VIDEO_FORMS("vmax", Video::Maximum),
    {"vset2" VIDEO_SET, InstructionClass::Integer, bindVideoSet<16>},
    {"vset4" VIDEO_SET, InstructionClass::Integer, bindVideoSet<8>},
};

} // namespace
} // namespace attn::sim::ATTN_SIM_VARIANT

#endif // ATTN_SIMULATOR_INSTRUCTIONS_VIDEOOPERATIONS_H
