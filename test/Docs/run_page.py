# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Runs the commands of a page, which are the lines of its fences tagged `sh`, in
# FOLDER. The fences tagged `mlir` and `c` are files there: the given name and
# main.c. Usage: run_page.py PAGE FOLDER NAME.mlir

import os
import re
import subprocess
import sys

page, folder, program = sys.argv[1:]
with open(page) as file:
    fences = re.findall(r"^```(\w+)\n(.*?)^```$", file.read(), re.M | re.S)
names = {"mlir": program, "c": "main.c"}
commands = []
for tag, text in fences:
    if tag == "sh":
        commands += text.splitlines()
    else:
        with open(os.path.join(folder, names[tag]), "w") as file:
            file.write(text)
for command in commands:
    subprocess.run(command, shell=True, check=True, cwd=folder)
print(len(commands), "commands")
