#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Sets up, builds everything and runs every test: the lit tests, which run the
# unit tests and the catalog too, and the embedding example against an
# installation.
# The last line is 'N passed, N failed'; the exit code is 0 iff nothing failed.
set -uo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=${ATTN_BUILD_DIR:-$root/build}
prefix=$build/install
reports=$build/reports
exec </dev/null

rm -rf "$prefix" "$reports"
if ! bash "$root/tools/setup.sh" all attn-doc ||
  ! cmake --install "$build" --prefix "$prefix" >"$build/install.log"; then
  echo "run: the build failed" >&2
  echo "0 passed, 1 failed"
  exit 1
fi

mkdir -p "$reports"
/usr/lib/llvm-22/bin/lit -sv --param "attn_install=$prefix" \
  --xunit-xml-output "$reports/lit.xml" "$build/test"

exec python3 "$root/test/summary.py" "$reports/lit.xml"
