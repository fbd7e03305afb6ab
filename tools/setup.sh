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

# Prints those of the packages that are not installed.
missing_packages() {
  local package
  for package in "${packages[@]}"; do
    [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) == installed ]] ||
      echo "$package"
  done
}

install_packages() {
  local missing as_root=()
  mapfile -t missing < <(missing_packages)
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
  local venv=$build/venv
  python=$venv/bin/python
  if [[ $("$python" -c 'import numpy; print(numpy.__version__)' 2>/dev/null) == "$numpy" ]]; then
    return
  fi
  if python3 -m venv "$venv" && "$python" -m pip install -q --retries 1 --disable-pip-version-check "numpy==$numpy"; then
    return
  fi
  rm -rf "$venv"
  python=$(command -v python3)
  local found
  if found=$("$python" -c 'import numpy; print(numpy.__version__)' 2>/dev/null); then
    echo "setup: pip could not install numpy $numpy; the tests use numpy $found of $python" >&2
  else
    echo "setup: no numpy: tests that compare with numpy are skipped (apt-get install python3-numpy helps)" >&2
  fi
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

command -v dpkg-query >/dev/null || fail "only Debian 12 and 13 are set up; elsewhere install LLVM $llvm and call cmake"
install_packages
mkdir -p "$build"
choose_python
configure
ninja -C "$build" "$@"
