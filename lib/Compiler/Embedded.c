// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Holds the runtime library and its headers as data. The build defines the
// paths.

#define EMBED(NAME, PATH)                                                      \
  __asm__(".pushsection .rodata\n"                                             \
          ".globl " #NAME "\n"                                                 \
          ".hidden " #NAME "\n"                                                \
          ".balign 16\n" #NAME ":\n"                                           \
          ".incbin \"" PATH "\"\n"                                             \
          ".globl " #NAME "_end\n"                                             \
          ".hidden " #NAME "_end\n" #NAME "_end:\n"                            \
          ".byte 0\n"                                                          \
          ".popsection\n")

EMBED(attn_embedded_runtime, ATTN_RUNTIME_ARCHIVE);
EMBED(attn_embedded_call, ATTN_CALL_HEADER);
EMBED(attn_embedded_device, ATTN_DEVICE_HEADER);
