// Settings of the simulator write the PTX of the kernels, run other PTX instead
// of it, and bound the instructions of a launch.

// DEFINE: %{run} = attn-run %s --target=sm_80 --device=sim --input=random:1@1x2x10x64 --input=random:2@1x2x10x64 --input=random:3@1x2x10x64
// RUN: %{run} --check --sim=dump=%t.ptx | FileCheck %s --check-prefix=EXACT
// RUN: FileCheck %s --check-prefix=PTX < %t.ptx
// PTX: .target sm_80
// PTX: .visible .entry attention(
// PTX: ex2.approx.ftz.f32

// The same PTX gives the same numbers, other PTX others.
// RUN: %{run} --check --sim=ptx=%t.ptx,dump=%t.again.ptx | FileCheck %s --check-prefix=EXACT
// RUN: cmp %t.ptx %t.again.ptx
// EXACT: output 0: 1x2x10x64xbf16 relative error {{[0-9.]+}}e-04
// RUN: sed 's/ex2.approx.ftz.f32/neg.f32/' %t.ptx > %t.wrong.ptx
// RUN: not %{run} --check --sim=ptx=%t.wrong.ptx 2>&1 | FileCheck %s --check-prefix=WRONG
// WRONG: output 0: 1x2x10x64xbf16 relative error

// RUN: sed 's/ex2.approx.ftz.f32/ex3.f32/' %t.ptx > %t.syntax.ptx
// RUN: not %{run} --sim=ptx=%t.syntax.ptx 2>&1 | FileCheck %s --check-prefix=SYNTAX
// SYNTAX: error: {{.*}}syntax.ptx:{{[0-9]+}}:{{[0-9]+}}: error: unknown instruction 'ex3.f32'
// RUN: sed 's/entry attention/entry other/' %t.ptx > %t.name.ptx
// RUN: not %{run} --sim=ptx=%t.name.ptx 2>&1 | FileCheck %s --check-prefix=NAME
// NAME: name.ptx: error: no entry 'attention'; there are: other
// RUN: not %{run} --sim=ptx=%t.nowhere.ptx 2>&1 | FileCheck %s --check-prefix=READ
// READ: cannot read {{.*}}nowhere.ptx
// RUN: not %{run} --sim=dump=%t.nowhere/a.ptx 2>&1 | FileCheck %s --check-prefix=WRITE
// WRITE: cannot write {{.*}}nowhere/a.ptx
// RUN: not %{run} --sim=ptx=%S 2>&1 | FileCheck %s --check-prefix=FOLDER
// FOLDER: cannot read {{.*}}attn-run
// RUN: not %{run} --sim=limit=100 2>&1 | FileCheck %s --check-prefix=LIMIT
// LIMIT: limit: more than 100 warp instructions
// RUN: not %{run} --sim=limit=few 2>&1 | FileCheck %s --check-prefix=SETTING
// SETTING: error: --sim: expected seed=NUMBER, {{.*}}limit=NUMBER, {{.*}}found 'limit=few'
// RUN: not %{run} --sim=ptx= 2>&1 | FileCheck %s --check-prefix=EMPTY
// EMPTY: error: --sim: expected {{.*}}found 'ptx='

func.func @dense(%q: tensor<?x2x?x64xbf16>, %k: tensor<?x2x?x64xbf16>,
                 %v: tensor<?x2x?x64xbf16>) -> tensor<?x2x?x64xbf16> {
  %o = attn.attention dots(%q * %k) values(%v)
    : tensor<?x2x?x64xbf16>, tensor<?x2x?x64xbf16>, tensor<?x2x?x64xbf16> -> tensor<?x2x?x64xbf16>
  return %o : tensor<?x2x?x64xbf16>
}
