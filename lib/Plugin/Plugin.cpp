//===- Plugin.cpp - the compiler as a plugin of other tools ---------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The entry points that tools built on MLIR look for in a plugin.
//
//===----------------------------------------------------------------------===//

#include "attn/InitAll.h"

#include "mlir/Tools/Plugins/DialectPlugin.h"
#include "mlir/Tools/Plugins/PassPlugin.h"

#define ATTN_PLUGIN_EXPORT __attribute__((visibility("default")))

/// Tells the host how to register the dialects (--load-dialect-plugin).
extern "C" ATTN_PLUGIN_EXPORT mlir::DialectPluginLibraryInfo
mlirGetDialectPluginInfo() {
  return {MLIR_PLUGIN_API_VERSION, "attn", ATTN_VERSION,
          [](mlir::DialectRegistry *registry) {
            mlir::attn::registerAllDialects(*registry);
          }};
}

/// Tells the host how to register the passes (--load-pass-plugin).
extern "C" ATTN_PLUGIN_EXPORT mlir::PassPluginLibraryInfo
mlirGetPassPluginInfo() {
  return {MLIR_PLUGIN_API_VERSION, "attn", ATTN_VERSION,
          [] { mlir::attn::registerAllPasses(); }};
}
