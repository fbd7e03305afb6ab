//===- Link.cpp - shared libraries ----------------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Calls the system's compiler driver to link objects with the runtime library,
// which this library carries.
//
//===----------------------------------------------------------------------===//

#include "Embedded.h"
#include "ExternalTool.h"
#include "attn/Compiler/Compiler.h"

#include "llvm/Support/Program.h"

using namespace mlir;
using namespace mlir::attn;

/// Returns the first compiler driver on the PATH.
static llvm::Expected<std::string> findDriver() {
  for (StringRef name : {"clang-22", "clang", "cc", "gcc"})
    if (auto path = llvm::sys::findProgramByName(name))
      return *path;
  return llvm::createStringError("found no clang-22, clang, cc or gcc on the "
                                 "PATH; install one, or compile "
                                 "to .o and link that");
}

/// Links `object`, with errors that do not say what for. With `kernels`, the
/// library has all that programs need to install a device.
static llvm::Expected<std::string> link(StringRef object, bool kernels) {
  auto driver = findDriver();
  if (!driver)
    return driver.takeError();
  TemporaryFile objectFile, runtimeFile, library;
  for (auto [file, suffix] :
       {std::pair(&objectFile, "o"), std::pair(&runtimeFile, "a"),
        std::pair(&library, "so")})
    if (llvm::Error error = file->create(suffix))
      return error;
  if (llvm::Error error = objectFile.write(object))
    return error;
  if (llvm::Error error = runtimeFile.write(getRuntimeArchive()))
    return error;
  // Workers of the pool run code of the library until the process ends.
  SmallVector<StringRef> arguments = {*driver,
                                      "-shared",
                                      "-o",
                                      library.getPath(),
                                      objectFile.getPath(),
                                      runtimeFile.getPath(),
                                      "-Wl,-z,nodelete",
                                      "-Wl,-z,defs",
                                      "-pthread",
                                      "-lm"};
  if (kernels)
    arguments.append({"-Wl,-u,attn_rt_cuda_device", "-ldl"});
  if (llvm::Error error = runTool(*driver, arguments))
    return error;
  return library.read();
}

llvm::Expected<std::string> mlir::attn::linkSharedLibrary(StringRef object,
                                                          bool kernels) {
  auto library = link(object, kernels);
  if (!library)
    return llvm::createStringError("cannot link the shared library: " +
                                   llvm::toString(library.takeError()));
  return library;
}
