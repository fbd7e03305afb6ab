//===- Assemble.cpp - PTX to machine code of GPUs -------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Calls NVIDIA's assembler, ptxas.
//
//===----------------------------------------------------------------------===//

#include "ExternalTool.h"
#include "attn/Compiler/Compiler.h"

#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/Program.h"

using namespace mlir;
using namespace mlir::attn;

/// Returns the assembler on the PATH, or that of the toolkit in CUDA_HOME.
static llvm::Expected<std::string> findAssembler() {
  if (auto path = llvm::sys::findProgramByName("ptxas"))
    return *path;
  if (auto home = llvm::sys::Process::GetEnv("CUDA_HOME")) {
    SmallString<128> folder(*home);
    llvm::sys::path::append(folder, "bin");
    if (auto path = llvm::sys::findProgramByName("ptxas", StringRef(folder)))
      return *path;
  }
  return llvm::createStringError(
      "found no ptxas on the PATH or in $CUDA_HOME/bin; install the CUDA "
      "toolkit or the package nvidia-cuda-nvcc of PyPI, or compile to .ptx");
}

/// Assembles `ptx`, with errors that do not say what for.
static llvm::Expected<std::string> runAssembler(StringRef ptx, StringRef gpu) {
  auto assembler = findAssembler();
  if (!assembler)
    return assembler.takeError();
  TemporaryFile text, image;
  for (auto [file, suffix] : {std::pair(&text, "ptx"), std::pair(&image, "o")})
    if (llvm::Error error = file->create(suffix))
      return error;
  if (llvm::Error error = text.write(ptx))
    return error;
  std::string architecture = "-arch=" + gpu.str();
  StringRef arguments[] = {*assembler, architecture, "-o", image.getPath(),
                           text.getPath()};
  if (llvm::Error error = runTool(*assembler, arguments, "error"))
    return error;
  return image.read();
}

llvm::Expected<std::string> mlir::attn::assembleKernels(StringRef ptx,
                                                        StringRef gpu) {
  auto image = runAssembler(ptx, gpu);
  if (!image)
    return llvm::createStringError("cannot assemble the kernels for " + gpu +
                                   ": " + llvm::toString(image.takeError()));
  return image;
}
