# Replaces the version of the attn dialect in bytecode.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Usage: set_version.py IN OUT VERSION    (VERSION below 128)

import sys

# A section of versions (7) of one byte, which holds version 1. Numbers of one
# byte are written as 2 x + 1.
SECTION = bytes([7, 2 * 1 + 1])


def main():
    source, target, version = sys.argv[1:]
    with open(source, "rb") as file:
        bytecode = file.read()
    old = SECTION + bytes([2 * 1 + 1])
    if bytecode.count(old) != 1:
        sys.exit(f"expected one version in {source}, found {bytecode.count(old)}")
    with open(target, "wb") as file:
        file.write(bytecode.replace(old, SECTION + bytes([2 * int(version) + 1])))


if __name__ == "__main__":
    main()
