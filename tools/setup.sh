#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Installs what the build needs (Debian 12 or 13), configures it and builds.
#
#   bash tools/setup.sh [TARGET...]     without targets: everything
#
# Installing packages needs root or sudo, once. The build goes to build/, or to
# the folder named by ATTN_BUILD_DIR. Options for CMake, such as
# -DATTN_SANITIZE=ON, are taken from ATTN_CMAKE_ARGS.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=${ATTN_BUILD_DIR:-$root/build}
llvm=22
numpy=2.3.5

fail() {
  echo "setup: $*" >&2
  exit 1
}

# Every library below is one that the packages of LLVM look for themselves.
packages=(
  clang-$llvm lld-$llvm libclang-rt-$llvm-dev
  llvm-$llvm-dev llvm-$llvm-tools libmlir-$llvm-dev mlir-$llvm-tools
  cmake ninja-build python3 python3-venv
  libcurl4-openssl-dev libedit-dev libzstd-dev zlib1g-dev
)

# Installs those of the given packages that are missing.
install() {
  local package missing=() as_root=()
  for package in "$@"; do
    [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) == installed ]] ||
      missing+=("$package")
  done
  ((${#missing[@]})) || return 0
  if ((EUID)); then
    command -v sudo >/dev/null && sudo -n true 2>/dev/null ||
      fail "these packages are missing, and installing them needs root: ${missing[*]}"
    as_root=(sudo)
  fi
  echo "setup: installing ${missing[*]}"
  # env: sudo drops the environment.
  local apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q)
  "${apt[@]}" update </dev/null || echo "setup: apt-get update failed; using the lists that are there" >&2
  "${apt[@]}" install -y --no-install-recommends "${missing[@]}" </dev/null ||
    fail "apt-get could not install ${missing[*]}; Debian 12 and 13 carry LLVM $llvm in their security archive"
}

# Sets `python` to an interpreter that has numpy: the one of build/venv, or the
# system's where pip reaches no index.
choose_python() {
  local venv=$build/venv version='import numpy; print(numpy.__version__)'
  python=$venv/bin/python
  [[ $("$python" -c "$version" 2>/dev/null) == "$numpy" ]] && return
  python3 -m venv "$venv" &&
    "$python" -m pip install -q --retries 1 --disable-pip-version-check "numpy==$numpy" && return
  rm -rf "$venv"
  python=$(command -v python3)
  if ! "$python" -c "$version" >/dev/null 2>&1; then
    python=/usr/bin/python3
    install python3-numpy
  fi
  echo "setup: pip could not install numpy $numpy; tests use numpy $("$python" -c "$version") of $python" >&2
}

configure() {
  local args=(-G Ninja -S "$root" -B "$build"
    -DCMAKE_C_COMPILER=/usr/lib/llvm-$llvm/bin/clang
    -DCMAKE_CXX_COMPILER=/usr/lib/llvm-$llvm/bin/clang++
    "-DPython3_EXECUTABLE=$python")
  if command -v ccache >/dev/null; then
    # Paths relative to the source folder let clones share what was compiled.
    local launcher="env;CCACHE_BASEDIR=$root;CCACHE_NOHASHDIR=1;ccache"
    args+=("-DCMAKE_C_COMPILER_LAUNCHER=$launcher" "-DCMAKE_CXX_COMPILER_LAUNCHER=$launcher")
  fi
  # shellcheck disable=SC2086  # several options in one variable
  cmake "${args[@]}" ${ATTN_CMAKE_ARGS:-} >"$build/configure.log" 2>&1 || {
    cat "$build/configure.log" >&2
    fail "the configuration failed"
  }
}

command -v dpkg-query >/dev/null || fail "this script is for Debian 12 and 13; elsewhere install LLVM and MLIR $llvm and call cmake"
install "${packages[@]}"
mkdir -p "$build"
choose_python
configure
ninja -C "$build" "$@"
