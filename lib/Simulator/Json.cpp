// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reports as text and counters as JSON.

#include "attn/Simulator/Launch.h"

#include <array>
#include <cstdio>

using namespace attn::sim;

static constexpr std::array<std::string_view, 10> kCheckNames = {
    "race",    "out of bounds", "misaligned", "undefined", "asynchronous",
    "barrier", "deadlock",      "trap",       "invalid",   "limit"};

static constexpr std::array<std::string_view, 17> kClassNames = {
    "integer", "float",  "double",  "half",  "special", "convert",
    "compare", "move",   "load",    "store", "atomic",  "async_copy",
    "tensor",  "matrix", "barrier", "warp",  "control"};

static std::string_view getName(Check check) {
  return kCheckNames[size_t(check)];
}

std::string Report::str(std::string_view file) const {
  std::string result = std::string(file) + ":";
  if (where.line != 0)
    result += std::to_string(where.line) + ":";
  result += " " + std::string(getName(check)) + ": " + message;
  if (count > 1)
    result += " (" + std::to_string(count) + " times)";
  return result;
}

/// A JSON string.
static std::string quote(std::string_view text) {
  std::string result = "\"";
  for (char c : text) {
    char code[8];
    if (c == '"' || c == '\\') {
      result += '\\';
      result += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      std::snprintf(code, sizeof code, "\\u%04x", c);
      result += code;
    } else {
      result += c;
    }
  }
  return result + "\"";
}

static std::string toJson(const SiteCounters &counters) {
  std::string result;
  auto add = [&](const char *name, uint64_t value) {
    result += std::string(", \"") + name + "\": " + std::to_string(value);
  };
  add("warps", counters.warps);
  add("threads", counters.threads);
  add("bytes", counters.bytes);
  add("bank_conflicts", counters.bankConflicts);
  add("sectors", counters.sectors);
  add("flops", counters.flops);
  add("waits", counters.waits);
  return result.substr(2);
}

static void addTo(SiteCounters &sum, const SiteCounters &part) {
  sum.warps += part.warps;
  sum.threads += part.threads;
  sum.bytes += part.bytes;
  sum.bankConflicts += part.bankConflicts;
  sum.sectors += part.sectors;
  sum.flops += part.flops;
  sum.waits += part.waits;
}

std::string attn::sim::toJson(const Program &program,
                              const LaunchResult &result) {
  std::array<SiteCounters, kClassNames.size()> classes;
  SiteCounters total;
  std::string sites;
  for (size_t i = 0; i < program.sites.size(); ++i) {
    if (i == program.jumpSite)
      continue;
    const Site &site = program.sites[i];
    const SiteCounters &counters = result.counters[i];
    addTo(total, counters);
    addTo(classes[size_t(site.kind)], counters);
    sites += std::string(sites.empty() ? "" : ",") +
             "\n    {\"line\": " + std::to_string(site.where.line) +
             ", \"column\": " + std::to_string(site.where.column) +
             ", \"function\": " + quote(site.function) +
             ", \"instruction\": " + quote(site.text) +
             ", \"class\": " + quote(kClassNames[size_t(site.kind)]) + ", " +
             ::toJson(counters) + "}";
  }
  std::string reports;
  for (const Report &report : result.reports)
    reports += std::string(reports.empty() ? "" : ",") +
               "\n    {\"check\": " + quote(getName(report.check)) +
               ", \"line\": " + std::to_string(report.where.line) +
               ", \"count\": " + std::to_string(report.count) +
               ", \"message\": " + quote(report.message) + "}";
  std::string byClass;
  for (size_t i = 0; i < classes.size(); ++i)
    if (classes[i].warps != 0)
      byClass += std::string(byClass.empty() ? "" : ",") + "\n    " +
                 quote(kClassNames[i]) + ": {" + ::toJson(classes[i]) + "}";
  return "{\n  \"entry\": " + quote(program.name) +
         ",\n  \"file\": " + quote(program.file) +
         ",\n  \"target\": " + std::to_string(program.target) +
         ",\n  \"clean\": " + (result.clean() ? "true" : "false") +
         ",\n  \"reports\": [" + reports + "\n  ],\n  \"total\": {" +
         ::toJson(total) + "},\n  \"classes\": {" + byClass +
         "\n  },\n  \"sites\": [" + sites + "\n  ]\n}\n";
}
