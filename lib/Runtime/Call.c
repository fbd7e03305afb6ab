// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Calls compiled functions with tensors: checks them, packs them into the
// descriptors of compiled code, and hands out the results.

#include "Trap.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

//===----------------------------------------------------------------------===//
// Element types
//===----------------------------------------------------------------------===//

static const struct {
  const char *name;
  int64_t bytes;
} dtypes[] = {
    [ATTN_RT_F16] = {"f16", 2}, [ATTN_RT_BF16] = {"bf16", 2},
    [ATTN_RT_F32] = {"f32", 4}, [ATTN_RT_F64] = {"f64", 8},
    [ATTN_RT_I1] = {"i1", 1},   [ATTN_RT_I8] = {"i8", 1},
    [ATTN_RT_I16] = {"i16", 2}, [ATTN_RT_I32] = {"i32", 4},
    [ATTN_RT_I64] = {"i64", 8},
};

static int is_dtype(int32_t dtype) {
  return dtype >= 0 && dtype < (int32_t)(sizeof(dtypes) / sizeof(dtypes[0]));
}

int64_t attn_rt_dtype_bytes(int32_t dtype) {
  return is_dtype(dtype) ? dtypes[dtype].bytes : 0;
}

const char *attn_rt_dtype_name(int32_t dtype) {
  return is_dtype(dtype) ? dtypes[dtype].name : "?";
}

//===----------------------------------------------------------------------===//
// Checks of descriptors
//===----------------------------------------------------------------------===//

/// A buffer that sentences are appended to.
struct text {
  char *start;
  size_t length, capacity;
};

__attribute__((format(printf, 2, 3))) static void
append(struct text *text, const char *format, ...) {
  if (text->length >= text->capacity)
    return;
  va_list arguments;
  va_start(arguments, format);
  int count = vsnprintf(text->start + text->length,
                        text->capacity - text->length, format, arguments);
  va_end(arguments);
  text->length += count > 0 ? (size_t)count : 0;
}

/// Appends sizes as messages spell them: "2x?x64", or "a scalar".
static void append_shape(struct text *text, const int64_t *sizes,
                         int32_t rank) {
  if (rank <= 0)
    append(text, "a scalar");
  for (int32_t axis = 0; axis < rank; ++axis) {
    append(text, axis ? "x" : "");
    if (sizes[axis] == -1)
      append(text, "?");
    else
      append(text, "%" PRId64, sizes[axis]);
  }
}

/// Appends "expected <what> <sizes>, found <what> <sizes>".
static void append_shapes(struct text *text, const attn_rt_value *value,
                          const attn_rt_tensor *tensor) {
  append(text, "expected shape ");
  append_shape(text, value->sizes, value->rank);
  append(text, ", found ");
  append_shape(text, tensor->sizes, tensor->rank);
}

/// Appends why the ranks differ.
static void append_ranks(struct text *text, const attn_rt_value *value,
                         const attn_rt_tensor *tensor) {
  append(text, "expected rank %" PRId32 " (", value->rank);
  append_shape(text, value->sizes, value->rank);
  append(text, "), found rank %" PRId32, tensor->rank);
  if (tensor->rank < 0 || tensor->rank > ATTN_RT_MAX_RANK)
    return;
  append(text, " (");
  append_shape(text, tensor->sizes, tensor->rank);
  append(text, ")");
}

/// Returns whether the sizes are those that `value` fixes.
static int fits_sizes(const attn_rt_value *value,
                      const attn_rt_tensor *tensor) {
  for (int32_t axis = 0; axis < value->rank; ++axis)
    if (value->sizes[axis] != -1 && value->sizes[axis] != tensor->sizes[axis])
      return 0;
  return 1;
}

/// Returns the first axis of negative size, or -1.
static int32_t find_negative_axis(const attn_rt_tensor *tensor) {
  for (int32_t axis = 0; axis < tensor->rank; ++axis)
    if (tensor->sizes[axis] < 0)
      return axis;
  return -1;
}

static int is_empty(const attn_rt_tensor *tensor) {
  for (int32_t axis = 0; axis < tensor->rank; ++axis)
    if (tensor->sizes[axis] == 0)
      return 1;
  return 0;
}

/// Appends what is wrong with the data of `tensor`; returns whether it is fine.
static int check_data(struct text *text, const attn_rt_tensor *tensor) {
  int64_t bytes = attn_rt_dtype_bytes(tensor->dtype);
  if (!tensor->data && !is_empty(tensor))
    append(text, "expected data, found a null pointer");
  else if ((uintptr_t)tensor->data % (uintptr_t)bytes != 0)
    append(text, "expected data aligned to %" PRId64 " bytes", bytes);
  else
    return 1;
  return 0;
}

int attn_rt_fits(const attn_rt_value *value, const attn_rt_tensor *tensor,
                 char *sentence, size_t capacity) {
  struct text text = {sentence, 0, capacity};
  int32_t axis;
  if (!tensor)
    append(&text, "expected %s, found a null pointer",
           value->rank < 0 ? "an address" : "a tensor");
  else if (tensor->dtype != value->dtype)
    append(&text, "expected element type %s, found %s",
           attn_rt_dtype_name(value->dtype), attn_rt_dtype_name(tensor->dtype));
  else if (tensor->rank != value->rank)
    append_ranks(&text, value, tensor);
  else if ((axis = find_negative_axis(tensor)) >= 0)
    append(&text,
           "size of axis %" PRId32 ": expected at least 0, found %" PRId64,
           axis, tensor->sizes[axis]);
  else if (!fits_sizes(value, tensor))
    append_shapes(&text, value, tensor);
  else
    return check_data(&text, tensor);
  return 0;
}

//===----------------------------------------------------------------------===//
// Copies
//===----------------------------------------------------------------------===//

/// Returns whether the elements lie densely in C order.
static int is_dense(const attn_rt_tensor *tensor) {
  int64_t stride = 1;
  for (int32_t axis = tensor->rank; axis-- > 0;) {
    if (tensor->sizes[axis] != 1 && tensor->strides[axis] != stride)
      return 0;
    stride *= tensor->sizes[axis];
  }
  return 1;
}

/// Copies `count` elements of N bytes; the constant makes memcpy a move.
#define DEFINE_COPY_ROW(N)                                                     \
  static void copy_row_##N(char *to, int64_t to_stride, const char *from,      \
                           int64_t from_stride, int64_t count) {               \
    for (int64_t i = 0; i < count; ++i)                                        \
      memcpy(to + i * to_stride * N, from + i * from_stride * N, N);           \
  }
DEFINE_COPY_ROW(1)
DEFINE_COPY_ROW(2)
DEFINE_COPY_ROW(4)
DEFINE_COPY_ROW(8)
#undef DEFINE_COPY_ROW

/// Copies `count` elements of `bytes` bytes; strides are in elements.
static void copy_row(char *to, int64_t to_stride, const char *from,
                     int64_t from_stride, int64_t count, int64_t bytes) {
  if (to_stride == 1 && from_stride == 1)
    memcpy(to, from, (size_t)(count * bytes));
  else if (bytes == 1)
    copy_row_1(to, to_stride, from, from_stride, count);
  else if (bytes == 2)
    copy_row_2(to, to_stride, from, from_stride, count);
  else if (bytes == 4)
    copy_row_4(to, to_stride, from, from_stride, count);
  else
    copy_row_8(to, to_stride, from, from_stride, count);
}

/// Copies the elements from axis `axis` on.
static void copy_axes(const attn_rt_tensor *to, char *to_data,
                      const attn_rt_tensor *from, const char *from_data,
                      int32_t axis) {
  int64_t bytes = dtypes[to->dtype].bytes;
  if (axis == to->rank) {
    memcpy(to_data, from_data, (size_t)bytes);
    return;
  }
  int64_t to_stride = to->strides[axis], from_stride = from->strides[axis];
  if (axis + 1 == to->rank) {
    copy_row(to_data, to_stride, from_data, from_stride, to->sizes[axis],
             bytes);
    return;
  }
  for (int64_t i = 0; i < to->sizes[axis]; ++i)
    copy_axes(to, to_data + i * to_stride * bytes, from,
              from_data + i * from_stride * bytes, axis + 1);
}

/// Copies the elements of `from` to `to`, which has the same sizes.
static void copy_tensor(const attn_rt_tensor *to, const attn_rt_tensor *from) {
  if (!is_empty(to))
    copy_axes(to, to->data, from, from->data, 0);
}

/// Returns a dense copy of `tensor` in memory of its own.
static attn_rt_tensor make_dense(const attn_rt_tensor *tensor) {
  int64_t bytes = attn_rt_tensor_bytes(tensor->sizes, tensor->rank,
                                       dtypes[tensor->dtype].bytes);
  void *memory = attn_rt_alloc(bytes, 1);
  attn_rt_tensor dense = attn_rt_make_tensor(
      memory, (attn_rt_dtype)tensor->dtype, tensor->rank, tensor->sizes);
  dense.owner = memory;
  copy_tensor(&dense, tensor);
  return dense;
}

//===----------------------------------------------------------------------===//
// Calls
//===----------------------------------------------------------------------===//

/// The start of the descriptor of a tensor; sizes and strides follow.
struct descriptor {
  void *allocated, *aligned;
  int64_t offset;
  int64_t extents[];
};

/// A call on its way.
struct invocation {
  const attn_rt_entry *entry;
  const void *const *inputs;
  void *const *outputs;
  void **arguments;   // what the function takes
  char *results;      // the struct of results
  void **temporaries; // one per input: its dense copy, or null
  char *memory;       // the three above and the descriptors
};

static size_t descriptor_bytes(int32_t rank) {
  return sizeof(struct descriptor) + 2 * (size_t)rank * sizeof(int64_t);
}

/// Returns the bytes that `value` takes in the struct of results.
static size_t result_bytes(const attn_rt_value *value) {
  return value->rank < 0 ? (size_t)dtypes[value->dtype].bytes
                         : descriptor_bytes(value->rank);
}

/// Returns `offset` rounded up to the alignment of `value`.
static size_t align_result(const attn_rt_value *value, size_t offset) {
  size_t alignment =
      value->rank < 0 ? (size_t)dtypes[value->dtype].bytes : sizeof(int64_t);
  return (offset + alignment - 1) / alignment * alignment;
}

/// Returns the size of the struct of results, in whole words.
static size_t results_bytes(const attn_rt_entry *entry) {
  size_t bytes = 0;
  for (int32_t i = 0; i < entry->output_count; ++i)
    bytes = align_result(&entry->outputs[i], bytes) +
            result_bytes(&entry->outputs[i]);
  return (bytes + sizeof(int64_t) - 1) / sizeof(int64_t) * sizeof(int64_t);
}

/// Writes the descriptor of `tensor`, which is dense.
static void write_descriptor(struct descriptor *descriptor,
                             const attn_rt_tensor *tensor) {
  descriptor->allocated = descriptor->aligned = tensor->data;
  descriptor->offset = 0;
  int64_t stride = 1;
  for (int32_t axis = tensor->rank; axis-- > 0;) {
    descriptor->extents[axis] = tensor->sizes[axis];
    descriptor->extents[tensor->rank + axis] = stride;
    stride *= tensor->sizes[axis];
  }
}

/// Allocates the parts of the call.
static void allocate_parts(struct invocation *call) {
  const attn_rt_entry *entry = call->entry;
  size_t inputs = (size_t)entry->input_count;
  size_t results = results_bytes(entry);
  size_t bytes = (2 * inputs + 1) * sizeof(void *) + results;
  for (size_t i = 0; i < inputs; ++i)
    if (entry->inputs[i].rank >= 0)
      bytes += descriptor_bytes(entry->inputs[i].rank);
  call->memory = attn_rt_alloc((int64_t)bytes, 1);
  memset(call->memory, 0, bytes);
  call->arguments = (void **)call->memory;
  call->temporaries = call->arguments + inputs + 1;
  call->results = (char *)(call->temporaries + inputs);
}

/// Packs the inputs, those that are not dense as copies.
static void pack_inputs(struct invocation *call) {
  const attn_rt_entry *entry = call->entry;
  void **argument = call->arguments;
  if (entry->output_count > 0)
    *argument++ = call->results;
  char *place = call->results + results_bytes(entry);
  for (int32_t i = 0; i < entry->input_count; ++i) {
    const attn_rt_value *value = &entry->inputs[i];
    if (value->rank < 0) {
      *argument++ = (void *)(uintptr_t)call->inputs[i];
      continue;
    }
    attn_rt_tensor tensor = *(const attn_rt_tensor *)call->inputs[i];
    if (!is_dense(&tensor)) {
      tensor = make_dense(&tensor);
      call->temporaries[i] = tensor.owner;
    }
    write_descriptor((struct descriptor *)place, &tensor);
    *argument++ = place;
    place += descriptor_bytes(value->rank);
  }
}

/// Returns the tensor of a result.
static attn_rt_tensor read_descriptor(const attn_rt_value *value,
                                      const struct descriptor *descriptor) {
  attn_rt_tensor tensor = attn_rt_make_tensor(
      (char *)descriptor->aligned +
          descriptor->offset * dtypes[value->dtype].bytes,
      (attn_rt_dtype)value->dtype, value->rank, descriptor->extents);
  for (int32_t axis = 0; axis < value->rank; ++axis)
    tensor.strides[axis] = descriptor->extents[value->rank + axis];
  tensor.owner = descriptor->allocated;
  return tensor;
}

/// Fails unless `result` has the sizes of the output that the caller gave.
static void check_result(const attn_rt_tensor *output,
                         const attn_rt_tensor *result, int32_t index) {
  attn_rt_value found = {"", result->dtype, result->rank, result->sizes};
  if (fits_sizes(&found, output))
    return;
  char sentence[ATTN_RT_SENTENCE_LIMIT];
  struct text text = {sentence, 0, sizeof(sentence)};
  append(&text, "output %" PRId32 ": ", index);
  append_shapes(&text, &found, output);
  attn_rt_fail_with(ATTN_RT_BAD_ARGUMENT, sentence);
}

/// Calls `action` for every result with its place in the struct of results.
static void for_each_result(struct invocation *call,
                            void (*action)(struct invocation *call,
                                           int32_t index, char *place)) {
  size_t offset = 0;
  for (int32_t i = 0; i < call->entry->output_count; ++i) {
    const attn_rt_value *value = &call->entry->outputs[i];
    offset = align_result(value, offset);
    action(call, i, call->results + offset);
    offset += result_bytes(value);
  }
}

/// Returns whether an earlier result than `index` has the memory `allocated`.
static int is_shared(const struct invocation *call, int32_t index,
                     const void *allocated) {
  size_t offset = 0;
  for (int32_t i = 0; i < index; ++i) {
    const attn_rt_value *value = &call->entry->outputs[i];
    offset = align_result(value, offset);
    const struct descriptor *earlier =
        (const struct descriptor *)(call->results + offset);
    if (value->rank >= 0 && earlier->allocated == allocated)
      return 1;
    offset += result_bytes(value);
  }
  return 0;
}

/// Checks result `index` against memory of the caller. A result that shares its
/// memory with an earlier one gets a copy, because each is freed by itself.
static void prepare_result(struct invocation *call, int32_t index,
                           char *place) {
  const attn_rt_value *value = &call->entry->outputs[index];
  if (value->rank < 0)
    return;
  struct descriptor *descriptor = (struct descriptor *)place;
  attn_rt_tensor result = read_descriptor(value, descriptor);
  const attn_rt_tensor *output = call->outputs[index];
  if (output->data)
    check_result(output, &result, index);
  if (is_shared(call, index, descriptor->allocated)) {
    result = make_dense(&result);
    write_descriptor(descriptor, &result);
  }
}

/// Hands result `index` to the caller.
static void deliver_result(struct invocation *call, int32_t index,
                           char *place) {
  const attn_rt_value *value = &call->entry->outputs[index];
  if (value->rank < 0) {
    memcpy(call->outputs[index], place, (size_t)dtypes[value->dtype].bytes);
    return;
  }
  attn_rt_tensor result =
      read_descriptor(value, (const struct descriptor *)place);
  attn_rt_tensor *output = call->outputs[index];
  if (!output->data) {
    *output = result;
    return;
  }
  copy_tensor(output, &result);
  attn_rt_free(result.owner);
}

/// Does the call; failures leave it.
static void run_invocation(void *context) {
  struct invocation *call = context;
  allocate_parts(call);
  pack_inputs(call);
  call->entry->function(call->arguments);
  for (int32_t i = 0; i < call->entry->input_count; ++i)
    attn_rt_free(call->temporaries[i]);
  for_each_result(call, prepare_result);
  for_each_result(call, deliver_result);
  attn_rt_free(call->memory);
}

/// Returns whether argument `index` fits; notes the sentence if it does not.
static int check_argument(const char *kind, const attn_rt_value *value,
                          int32_t index, const attn_rt_tensor *tensor) {
  char sentence[ATTN_RT_SENTENCE_LIMIT];
  struct text text = {sentence, 0, sizeof(sentence)};
  append(&text, "%s %" PRId32, kind, index);
  if (value->name[0])
    append(&text, " (%.200s)", value->name);
  append(&text, ": ");
  if (attn_rt_fits(value, tensor, sentence + text.length,
                   sizeof(sentence) - text.length))
    return 1;
  attn_rt_note_error(ATTN_RT_BAD_ARGUMENT, sentence);
  return 0;
}

/// Returns whether all inputs, and outputs in memory of the caller, fit.
static int check_arguments(const attn_rt_entry *entry,
                           const void *const *inputs, void *const *outputs) {
  for (int32_t i = 0; i < entry->input_count; ++i)
    if (entry->inputs[i].rank >= 0 &&
        !check_argument("input", &entry->inputs[i], i, inputs[i]))
      return 0;
  for (int32_t i = 0; i < entry->output_count; ++i) {
    const attn_rt_value *value = &entry->outputs[i];
    const attn_rt_tensor *output = value->rank < 0 ? NULL : outputs[i];
    int allocated =
        value->rank < 0 ? outputs[i] != NULL : output && !output->data;
    if (!allocated && !check_argument("output", value, i, output))
      return 0;
  }
  return 1;
}

/// Returns the level of this processor, which is asked for once.
static int get_cpu_level(void) {
  static _Atomic int known; // level + 1
  int level = atomic_load_explicit(&known, memory_order_relaxed) - 1;
  if (level < 0) {
    level = attn_rt_cpu_level();
    atomic_store_explicit(&known, level + 1, memory_order_relaxed);
  }
  return level;
}

/// Returns ATTN_RT_OK if this library and this processor can run `entry`.
static attn_rt_status check_compatible(const attn_rt_entry *entry) {
  char sentence[ATTN_RT_SENTENCE_LIMIT];
  if (entry->version != ATTN_RT_VERSION)
    snprintf(sentence, sizeof(sentence),
             "runtime library: expected version %" PRId32
             ", for which the code was compiled, found %d",
             entry->version, ATTN_RT_VERSION);
  else if (entry->cpu_level > get_cpu_level())
    snprintf(sentence, sizeof(sentence),
             "code for cpu %.100s needs %s, which this processor (%s) does not "
             "have",
             entry->cpu,
             entry->cpu_level == ATTN_RT_CPU_AVX2 ? "AVX2" : "AVX-512",
             attn_rt_cpu_name());
  else
    return ATTN_RT_OK;
  return attn_rt_note_error(ATTN_RT_INCOMPATIBLE, sentence);
}

attn_rt_status attn_rt_invoke(const attn_rt_entry *entry,
                              const void *const *inputs, void *const *outputs) {
  if (check_compatible(entry) != ATTN_RT_OK)
    return ATTN_RT_INCOMPATIBLE;
  if (!check_arguments(entry, inputs, outputs))
    return ATTN_RT_BAD_ARGUMENT;
  struct invocation call = {entry, inputs, outputs, NULL, NULL, NULL, NULL};
  return attn_rt_try(run_invocation, &call);
}

void attn_rt_tensor_free(attn_rt_tensor *tensor) {
  if (!tensor || !tensor->owner)
    return;
  attn_rt_free(tensor->owner);
  memset(tensor, 0, sizeof(*tensor));
}
