// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Divides a program into basic blocks and orders them.

#include "BlockLayout.h"

#include <algorithm>

using namespace attn::sim;

namespace {

struct BasicBlock {
  uint32_t begin = 0, end = 0;
  std::vector<uint32_t> successors;
};

/// A weak topological order (Bourdoncle 1993): components that are strongly
/// connected stay together, in topological order, and so do the components
/// inside a loop without the edges to its head.
class WeakTopologicalOrder {
public:
  explicit WeakTopologicalOrder(const std::vector<BasicBlock> &blocks)
      : blocks(blocks), number(blocks.size(), 0) {}

  std::vector<uint32_t> compute() {
    visit(0);
    std::reverse(order.begin(), order.end());
    return std::move(order);
  }

private:
  static constexpr uint32_t kPlaced = ~uint32_t(0);

  /// Returns the smallest number that can be reached on the stack.
  uint32_t visit(uint32_t block) {
    stack.push_back(block);
    uint32_t head = number[block] = ++last;
    bool isLoop = false;
    for (uint32_t next : blocks[block].successors) {
      uint32_t reached = number[next] == 0 ? visit(next) : number[next];
      if (reached <= head) {
        head = reached;
        isLoop = true;
      }
    }
    if (head != number[block])
      return head;
    number[block] = kPlaced;
    uint32_t top = pop();
    while (top != block) {
      number[top] = 0;
      top = pop();
    }
    if (isLoop)
      for (uint32_t next : blocks[block].successors)
        if (number[next] == 0)
          visit(next);
    order.push_back(block);
    return head;
  }

  uint32_t pop() {
    uint32_t top = stack.back();
    stack.pop_back();
    return top;
  }

  const std::vector<BasicBlock> &blocks;
  std::vector<uint32_t> number, stack, order;
  uint32_t last = 0;
};

/// Divides `flow` into blocks; successors with a jump come first, so that the
/// block that falls through is placed right before the next one.
std::vector<BasicBlock> findBlocks(const std::vector<FlowOperation> &flow,
                                   std::vector<uint32_t> &blockOf) {
  std::vector<bool> begins(flow.size() + 1, false);
  begins[0] = true;
  for (size_t i = 0; i < flow.size(); ++i) {
    for (uint32_t target : flow[i].targets)
      begins[target] = true;
    if (!flow[i].targets.empty() || !flow[i].fallsThrough)
      begins[i + 1] = true;
  }
  std::vector<BasicBlock> blocks;
  blockOf.resize(flow.size());
  for (uint32_t i = 0; i < flow.size(); ++i) {
    if (begins[i])
      blocks.push_back({i, i, {}});
    blockOf[i] = uint32_t(blocks.size() - 1);
    blocks.back().end = i + 1;
  }
  for (BasicBlock &block : blocks) {
    const FlowOperation &last = flow[block.end - 1];
    for (uint32_t target : last.targets)
      block.successors.push_back(blockOf[target]);
    if (last.fallsThrough && block.end < flow.size())
      block.successors.push_back(blockOf[block.end]);
  }
  return blocks;
}

} // namespace

void attn::sim::layOutBlocks(std::vector<FlowOperation> flow, Handler jump,
                             Program &program) {
  std::vector<uint32_t> blockOf;
  std::vector<BasicBlock> blocks = findBlocks(flow, blockOf);
  std::vector<uint32_t> order = WeakTopologicalOrder(blocks).compute();

  std::vector<uint32_t> startOf(blocks.size(), 0);
  std::vector<const std::vector<uint32_t> *> targets;
  static const std::vector<uint32_t> none;
  std::vector<std::pair<size_t, uint32_t>> jumps;
  for (size_t i = 0; i < order.size(); ++i) {
    const BasicBlock &block = blocks[order[i]];
    startOf[order[i]] = uint32_t(program.code.size());
    for (uint32_t at = block.begin; at < block.end; ++at) {
      program.code.push_back(flow[at].op);
      targets.push_back(&flow[at].targets);
    }
    bool fallsThrough =
        flow[block.end - 1].fallsThrough && block.end < flow.size();
    if (!fallsThrough)
      continue;
    uint32_t next = blockOf[block.end];
    if (i + 1 < order.size() && order[i + 1] == next)
      continue;
    jumps.push_back({program.code.size(), next});
    Operation op;
    op.handler = jump;
    op.site = program.jumpSite;
    program.code.push_back(op);
    targets.push_back(&none);
  }

  for (auto [at, block] : jumps)
    program.code[at].immediate = startOf[block];
  for (size_t at = 0; at < targets.size(); ++at) {
    Operation &op = program.code[at];
    const std::vector<uint32_t> &list = *targets[at];
    if (list.size() == 1)
      op.immediate = startOf[blockOf[list[0]]];
    if (list.empty())
      continue;
    // A branch to several places has them in the list of slots.
    op.list = uint32_t(program.slots.size());
    for (uint32_t target : list)
      program.slots.push_back(startOf[blockOf[target]]);
    if (list.size() > 1)
      op.immediate = int64_t(list.size());
  }
}
