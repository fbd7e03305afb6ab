//===- DrawMask.cpp - pictures of masks -----------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A mask is drawn as the classes of its tiles: `#` full, `+` partial, `.`
// empty. Tiles are runs of tokens, or those of attention, pair by pair.
//
//===----------------------------------------------------------------------===//

#include "DrawMask.h"

#include "Inputs.h"
#include "attn/Conversion/AttnToTile.h"
#include "attn/Dialect/Attn/IR/Attn.h"
#include "attn/Runner/CompiledModule.h"

#include "mlir/Pass/PassManager.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace mlir::attn;

/// No more tiles than this are drawn.
static constexpr int64_t kMaxTiles = int64_t(1) << 20;
/// The side of a tile in an SVG.
static constexpr int64_t kSide = 8;

/// Returns an error with the given sentence.
static llvm::Error makeError(const Twine &message) {
  return llvm::createStringError(llvm::inconvertibleErrorCode(), message);
}

namespace {
/// The classes of one picture, row by row.
struct Picture {
  ArrayRef<int8_t> classes;
  int64_t rows, columns;
  const RunnerOptions &options;

  int8_t at(int64_t row, int64_t column) const {
    return classes[row * columns + column];
  }
  int64_t count(int8_t kind) const { return llvm::count(classes, kind); }
  void printSummary(llvm::raw_ostream &stream) const;
  void printText(llvm::raw_ostream &stream) const;
  void printSVG(llvm::raw_ostream &stream) const;
};
} // namespace

void Picture::printSummary(llvm::raw_ostream &stream) const {
  stream << options.draw->first << " queries, " << options.draw->second
         << " keys, tiles of " << options.drawTile.first << "x"
         << options.drawTile.second << ": " << count(2)
         << (options.drawPairs ? " pairs in full tiles, " : " full, ")
         << count(1)
         << (options.drawPairs ? " in partial tiles, " : " partial, ")
         << count(0) << (options.drawPairs ? " not visited" : " empty");
}

void Picture::printText(llvm::raw_ostream &stream) const {
  for (int64_t row = 0; row < rows; ++row) {
    for (int64_t column = 0; column < columns; ++column)
      stream << ".+#?"[at(row, column) & 3];
    stream << "\n";
  }
  printSummary(stream);
  stream << "\n";
}

/// Prints tiles of one class that lie side by side as one rectangle.
void Picture::printSVG(llvm::raw_ostream &stream) const {
  static const char *const colours[] = {"", "#9ecae1", "#3182bd", "#de2d26"};
  stream << "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\""
         << columns * kSide << "\" height=\"" << rows * kSide << "\">\n<title>";
  printSummary(stream);
  stream
      << "</title>\n<rect width=\"100%\" height=\"100%\" fill=\"#f7f7f7\"/>\n";
  for (int64_t row = 0; row < rows; ++row)
    for (int64_t column = 0, end; column < columns; column = end) {
      int8_t kind = at(row, column);
      for (end = column + 1; end < columns && at(row, end) == kind;)
        ++end;
      if (kind)
        stream << "<rect x=\"" << column * kSide << "\" y=\"" << row * kSide
               << "\" width=\"" << (end - column) * kSide << "\" height=\""
               << kSide << "\" fill=\"" << colours[kind & 3] << "\"/>\n";
    }
  stream << "</svg>\n";
}

/// Makes the arguments of the mask's function and, behind them, the extents of
/// the batch coordinates, queries and keys.
static llvm::Expected<SmallVector<Array>>
makeArguments(const Signature &signature, const RunnerOptions &options) {
  SmallVector<int64_t> extents;
  for (int64_t index : options.drawAt)
    extents.push_back(index + 1);
  extents.append({options.draw->first, options.draw->second});
  size_t own = signature.parameters.size() - extents.size();
  if (options.inputs.size() != own)
    return makeError("@" + signature.functionName + ": expected " + Twine(own) +
                     " inputs, found " + Twine(options.inputs.size()));
  SmallVector<std::string> sources(options.inputs.begin(),
                                   options.inputs.end());
  for (int64_t extent : extents)
    sources.push_back("value:" + std::to_string(extent));
  SmallVector<Array> arrays;
  for (auto [index, source] : llvm::enumerate(sources)) {
    auto array = makeInput(signature, index, source);
    if (!array)
      return array.takeError();
    arrays.push_back(std::move(*array));
  }
  return arrays;
}

/// Rewrites the functions that return masks, and compiles `entry`.
static llvm::Expected<std::unique_ptr<CompiledModule>>
compileClasses(ModuleOp module, func::FuncOp entry,
               const RunnerOptions &options) {
  PassManager manager(module.getContext());
  AttnClassifyMasksPassOptions tiles;
  tiles.queryTile = options.drawTile.first;
  tiles.keyTile = options.drawTile.second;
  tiles.pairs = options.drawPairs;
  manager.addPass(createAttnClassifyMasksPass(tiles));
  std::string name = entry.getName().str();
  if (failed(manager.run(module)))
    return makeError("cannot draw @" + name);
  CompileOptions compileOptions;
  compileOptions.entry = name;
  compileOptions.cpu = options.cpu;
  return CompiledModule::compile(module, compileOptions);
}

llvm::Error mlir::attn::drawMask(ModuleOp module, func::FuncOp entry,
                                 const RunnerOptions &options) {
  StringRef name = entry.getName();
  auto results = entry.getResultTypes();
  auto type = results.size() == 1 ? dyn_cast<MaskType>(results[0]) : MaskType();
  if (!type)
    return makeError("--draw: @" + name + " does not return a mask");
  RunnerOptions full(options);
  if (full.drawAt.empty())
    full.drawAt.assign(type.getOver(), 0);
  if (full.drawAt.size() != type.getOver())
    return makeError("--draw-at: @" + name + " has " + Twine(type.getOver()) +
                     " batch coordinates, found " + Twine(full.drawAt.size()));
  auto [queries, keys] =
      full.drawPairs ? std::pair<int64_t, int64_t>(1, 1) : full.drawTile;
  int64_t rows = llvm::divideCeil(full.draw->first, queries);
  int64_t columns = llvm::divideCeil(full.draw->second, keys);
  // The pictures of smaller batch coordinates are computed as well.
  double all = double(rows) * columns;
  for (int64_t index : full.drawAt)
    all *= double(index) + 1;
  if (all > kMaxTiles)
    return makeError("--draw: more than " + Twine(kMaxTiles) +
                     (full.drawPairs
                          ? " pairs; draw a part of them"
                          : " tiles; choose larger ones with --draw-tile"));
  auto compiled = compileClasses(module, entry, full);
  if (!compiled)
    return compiled.takeError();
  auto arguments = makeArguments((*compiled)->getSignature(), full);
  if (!arguments)
    return arguments.takeError();
  auto classes = (*compiled)->invoke(*arguments);
  if (!classes)
    return classes.takeError();
  const Array &array = classes->front();
  const auto *data = reinterpret_cast<const int8_t *>(array.data());
  int64_t first = array.getNumElements() - rows * columns;
  Picture picture{ArrayRef(data + first, rows * columns), rows, columns, full};
  if (full.drawOutput.empty()) {
    picture.printText(llvm::outs());
    return llvm::Error::success();
  }
  std::error_code code;
  llvm::raw_fd_ostream file(full.drawOutput, code);
  if (code)
    return makeError("cannot write " + full.drawOutput + ": " + code.message());
  picture.printSVG(file);
  return llvm::Error::success();
}
