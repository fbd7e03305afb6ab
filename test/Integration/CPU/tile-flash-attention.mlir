// RUN: %python %S/Inputs/check_flash_attention.py %s host x86-64-v3 | FileCheck %s

// Flash attention as tile programs, compiled and compared with numpy: dense,
// and causal aligned to the last key, for lengths that fill no tile. Outputs
// and scratch memory start as NaN; keys and values behind the end, and one
// that only some rows see, are NaN; some rows see no key at all.

// CHECK: dense agrees on host
// CHECK: causal agrees on host
// CHECK: dense agrees on x86-64-v3
// CHECK: causal agrees on x86-64-v3

!qkv = memref<?x?x?x128xf32, strided<[?, ?, ?, 1], offset: ?>>
!lse = memref<?x?x?xf32>
!rows = vector<32x1xf32>
!keys = vector<1x64xindex>
!scores = vector<32x64xf32>
!output = vector<32x128xf32>

// softmax(q k^T / sqrt(128)) v, with all keys visible.
tile.kernel @dense_kernel grid(%b, %h, %t)
    args(%q: !qkv, %k: !qkv, %v: !qkv, %nq: index, %nk: index, %o: !qkv, %lse: !lse)
    schedule <rows = 32, keys = 64> {
  %c0 = arith.constant 0 : index
  %c32 = arith.constant 32 : index
  %c64 = arith.constant 64 : index
  %first = arith.muli %t, %c32 : index
  %row = tile.iota %first dim(0) : vector<32x1xindex>
  %rows = vector.broadcast %nq : index to vector<32x1xindex>
  %rowIn = arith.cmpi slt, %row, %rows : vector<32x1xindex>
  %d = tile.iota %c0 dim(1) : vector<1x128xindex>
  %dk = tile.iota %c0 dim(0) : vector<128x1xindex>
  %qt = tile.load %q[%b, %h, %row, %d] valid(%rowIn : vector<32x1xi1>)
      : !qkv, index, index, vector<32x1xindex>, vector<1x128xindex> -> vector<32x128xf32>

  %ninf = arith.constant dense<0xFF800000> : !rows
  %zero = arith.constant dense<0.0> : !rows
  %zeroScores = arith.constant dense<0.0> : !scores
  %zeroOutput = arith.constant dense<0.0> : !output
  %scale = arith.constant dense<0.08838834764831845> : !scores

  %whole = arith.divui %nk, %c64 : index
  %wholeEnd = arith.muli %whole, %c64 : index
  %ranges = tile.ranges [%c0, %wholeEnd, full], [%wholeEnd, %nk, partial] : !tile.ranges
  %max, %sum, %acc = tile.for_each %ranges step 64 iter_args(%ninf, %zero, %zeroOutput)
      -> (!rows, !rows, !output) full {
  ^bb0(%key: index, %end: index, %m: !rows, %l: !rows, %a: !output):
    %j = tile.iota %key dim(1) : !keys
    %jv = tile.iota %key dim(0) : vector<64x1xindex>
    %kt = tile.load %k[%b, %h, %j, %dk]
        : !qkv, index, index, !keys, vector<128x1xindex> -> vector<128x64xf32>
    %vt = tile.load %v[%b, %h, %jv, %d]
        : !qkv, index, index, vector<64x1xindex>, vector<1x128xindex> -> vector<64x128xf32>
    %qk = tile.dot %qt, %kt, %zeroScores : vector<32x128xf32>, vector<128x64xf32>, !scores
    %s = arith.mulf %qk, %scale : !scores
    %mt = tile.reduce <max> %s : !scores -> !rows
    %mn = arith.maxnumf %m, %mt : !rows
    %mb = vector.broadcast %mn : !rows to !scores
    %x = arith.subf %s, %mb : !scores
    %p = math.exp %x : !scores
    %dm = arith.subf %m, %mn : !rows
    %alpha = math.exp %dm : !rows
    %pt = tile.reduce <add> %p : !scores -> !rows
    %lo = arith.mulf %l, %alpha : !rows
    %ln = arith.addf %lo, %pt : !rows
    %ab = vector.broadcast %alpha : !rows to !output
    %ao = arith.mulf %a, %ab : !output
    %an = tile.dot %p, %vt, %ao : !scores, vector<64x128xf32>, !output
    tile.yield %mn, %ln, %an : !rows, !rows, !output
  } partial {
  ^bb0(%key: index, %end: index, %m: !rows, %l: !rows, %a: !output):
    %j = tile.iota %key dim(1) : !keys
    %jv = tile.iota %key dim(0) : vector<64x1xindex>
    %endRow = vector.broadcast %end : index to !keys
    %endColumn = vector.broadcast %end : index to vector<64x1xindex>
    %in = arith.cmpi slt, %j, %endRow : !keys
    %inv = arith.cmpi slt, %jv, %endColumn : vector<64x1xindex>
    %kt = tile.load %k[%b, %h, %j, %dk] valid(%in : vector<1x64xi1>)
        : !qkv, index, index, !keys, vector<128x1xindex> -> vector<128x64xf32>
    %vt = tile.load %v[%b, %h, %jv, %d] valid(%inv : vector<64x1xi1>)
        : !qkv, index, index, vector<64x1xindex>, vector<1x128xindex> -> vector<64x128xf32>
    %qk = tile.dot %qt, %kt, %zeroScores : vector<32x128xf32>, vector<128x64xf32>, !scores
    %sv = arith.mulf %qk, %scale : !scores
    %visible = vector.broadcast %in : vector<1x64xi1> to vector<32x64xi1>
    %hidden = arith.constant dense<0xFF800000> : !scores
    %s = arith.select %visible, %sv, %hidden : vector<32x64xi1>, !scores
    %mt = tile.reduce <max> %s : !scores -> !rows
    %mn = arith.maxnumf %m, %mt : !rows
    %mb = vector.broadcast %mn : !rows to !scores
    %x = arith.subf %s, %mb : !scores
    %p = math.exp %x : !scores
    %dm = arith.subf %m, %mn : !rows
    %alpha = math.exp %dm : !rows
    %pt = tile.reduce <add> %p : !scores -> !rows
    %lo = arith.mulf %l, %alpha : !rows
    %ln = arith.addf %lo, %pt : !rows
    %ab = vector.broadcast %alpha : !rows to !output
    %ao = arith.mulf %a, %ab : !output
    %an = tile.dot %p, %vt, %ao : !scores, vector<64x128xf32>, !output
    tile.yield %mn, %ln, %an : !rows, !rows, !output
  }

  %sumb = vector.broadcast %sum : !rows to !output
  %ot = arith.divf %acc, %sumb : !output
  tile.store %ot, %o[%b, %h, %row, %d] valid(%rowIn : vector<32x1xi1>)
      : !output, !qkv, index, index, vector<32x1xindex>, vector<1x128xindex>
  %log = math.log %sum : !rows
  %lset = arith.addf %max, %log : !rows
  tile.store %lset, %lse[%b, %h, %row] valid(%rowIn : vector<32x1xi1>)
      : !rows, !lse, index, index, vector<32x1xindex>
  tile.return
}

func.func @dense(%q: !qkv, %k: !qkv, %v: !qkv, %o: !qkv, %lse: !lse) attributes {llvm.emit_c_interface} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %c32 = arith.constant 32 : index
  %b = memref.dim %q, %c0 : !qkv
  %h = memref.dim %q, %c1 : !qkv
  %nq = memref.dim %q, %c2 : !qkv
  %nk = memref.dim %k, %c2 : !qkv
  %nv = memref.dim %v, %c2 : !qkv
  tile.check equal %nv, %nk, "as many values as keys" : index
  %tiles = arith.ceildivui %nq, %c32 : index
  tile.launch @dense_kernel grid(%b, %h, %tiles)
      ins(%q, %k, %v, %nq, %nk : !qkv, !qkv, !qkv, index, index) outs(%o, %lse : !qkv, !lse)
  return
}

// The same, where query i sees the keys up to i + nk - nq. Whole tiles below
// the diagonal are full; of the others every pair is tested. A row that sees
// no key has maximum -inf: it subtracts 0 instead, and its output is 0.
tile.kernel @causal_kernel grid(%b, %h, %t)
    args(%q: !qkv, %k: !qkv, %v: !qkv, %nq: index, %nk: index, %o: !qkv, %lse: !lse)
    schedule <rows = 32, keys = 64> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c31 = arith.constant 31 : index
  %c32 = arith.constant 32 : index
  %c64 = arith.constant 64 : index
  %first = arith.muli %t, %c32 : index
  %row = tile.iota %first dim(0) : vector<32x1xindex>
  %rows = vector.broadcast %nq : index to vector<32x1xindex>
  %rowIn = arith.cmpi slt, %row, %rows : vector<32x1xindex>
  %d = tile.iota %c0 dim(1) : vector<1x128xindex>
  %dk = tile.iota %c0 dim(0) : vector<128x1xindex>
  %qt = tile.load %q[%b, %h, %row, %d] valid(%rowIn : vector<32x1xi1>)
      : !qkv, index, index, vector<32x1xindex>, vector<1x128xindex> -> vector<32x128xf32>
  %shift = arith.subi %nk, %nq : index
  %shiftRow = vector.broadcast %shift : index to vector<32x1xindex>
  %lastKey = arith.addi %row, %shiftRow : vector<32x1xindex>

  %ninf = arith.constant dense<0xFF800000> : !rows
  %zero = arith.constant dense<0.0> : !rows
  %zeroScores = arith.constant dense<0.0> : !scores
  %zeroOutput = arith.constant dense<0.0> : !output
  %scale = arith.constant dense<0.08838834764831845> : !scores

  // The keys that all rows see, down to whole tiles; those that some row sees.
  %firstLast = arith.addi %first, %shift : index
  %seenByAll = arith.addi %firstLast, %c1 : index
  %seenByAll0 = arith.maxsi %seenByAll, %c0 : index
  %whole = arith.divui %seenByAll0, %c64 : index
  %fullEnd = arith.muli %whole, %c64 : index
  %seenBySome = arith.addi %seenByAll, %c31 : index
  %partialEnd = arith.minsi %seenBySome, %nk : index
  %ranges = tile.ranges [%c0, %fullEnd, full], [%fullEnd, %partialEnd, partial] : !tile.ranges
  %max, %sum, %acc = tile.for_each %ranges step 64 iter_args(%ninf, %zero, %zeroOutput)
      -> (!rows, !rows, !output) full {
  ^bb0(%key: index, %end: index, %m: !rows, %l: !rows, %a: !output):
    %j = tile.iota %key dim(1) : !keys
    %jv = tile.iota %key dim(0) : vector<64x1xindex>
    %kt = tile.load %k[%b, %h, %j, %dk]
        : !qkv, index, index, !keys, vector<128x1xindex> -> vector<128x64xf32>
    %vt = tile.load %v[%b, %h, %jv, %d]
        : !qkv, index, index, vector<64x1xindex>, vector<1x128xindex> -> vector<64x128xf32>
    %qk = tile.dot %qt, %kt, %zeroScores : vector<32x128xf32>, vector<128x64xf32>, !scores
    %s = arith.mulf %qk, %scale : !scores
    %mt = tile.reduce <max> %s : !scores -> !rows
    %mn = arith.maxnumf %m, %mt : !rows
    %mb = vector.broadcast %mn : !rows to !scores
    %x = arith.subf %s, %mb : !scores
    %p = math.exp %x : !scores
    %dm = arith.subf %m, %mn : !rows
    %alpha = math.exp %dm : !rows
    %pt = tile.reduce <add> %p : !scores -> !rows
    %lo = arith.mulf %l, %alpha : !rows
    %ln = arith.addf %lo, %pt : !rows
    %ab = vector.broadcast %alpha : !rows to !output
    %ao = arith.mulf %a, %ab : !output
    %an = tile.dot %p, %vt, %ao : !scores, vector<64x128xf32>, !output
    tile.yield %mn, %ln, %an : !rows, !rows, !output
  } partial {
  ^bb0(%key: index, %end: index, %m: !rows, %l: !rows, %a: !output):
    %j = tile.iota %key dim(1) : !keys
    %jv = tile.iota %key dim(0) : vector<64x1xindex>
    %endRow = vector.broadcast %nk : index to !keys
    %endColumn = vector.broadcast %nk : index to vector<64x1xindex>
    %in = arith.cmpi slt, %j, %endRow : !keys
    %inv = arith.cmpi slt, %jv, %endColumn : vector<64x1xindex>
    %kt = tile.load %k[%b, %h, %j, %dk] valid(%in : vector<1x64xi1>)
        : !qkv, index, index, !keys, vector<128x1xindex> -> vector<128x64xf32>
    %vt = tile.load %v[%b, %h, %jv, %d] valid(%inv : vector<64x1xi1>)
        : !qkv, index, index, vector<64x1xindex>, vector<1x128xindex> -> vector<64x128xf32>
    %qk = tile.dot %qt, %kt, %zeroScores : vector<32x128xf32>, vector<128x64xf32>, !scores
    %sv = arith.mulf %qk, %scale : !scores
    %jb = vector.broadcast %j : !keys to vector<32x64xindex>
    %lastb = vector.broadcast %lastKey : vector<32x1xindex> to vector<32x64xindex>
    %visible = arith.cmpi sle, %jb, %lastb : vector<32x64xindex>
    %hidden = arith.constant dense<0xFF800000> : !scores
    %s = arith.select %visible, %sv, %hidden : vector<32x64xi1>, !scores
    %mt = tile.reduce <max> %s : !scores -> !rows
    %mn = arith.maxnumf %m, %mt : !rows
    %none = arith.cmpf oeq, %mn, %ninf : !rows
    %ms = arith.select %none, %zero, %mn : vector<32x1xi1>, !rows
    %mb = vector.broadcast %ms : !rows to !scores
    %x = arith.subf %s, %mb : !scores
    %p = math.exp %x : !scores
    %dm = arith.subf %m, %ms : !rows
    %alpha = math.exp %dm : !rows
    %pt = tile.reduce <add> %p : !scores -> !rows
    %lo = arith.mulf %l, %alpha : !rows
    %ln = arith.addf %lo, %pt : !rows
    %ab = vector.broadcast %alpha : !rows to !output
    %ao = arith.mulf %a, %ab : !output
    %an = tile.dot %p, %vt, %ao mask(%visible : vector<32x64xi1>) : !scores, vector<64x128xf32>, !output
    tile.yield %mn, %ln, %an : !rows, !rows, !output
  }

  %empty = arith.cmpf oeq, %sum, %zero : !rows
  %one = arith.constant dense<1.0> : !rows
  %divisor = arith.select %empty, %one, %sum : vector<32x1xi1>, !rows
  %sumb = vector.broadcast %divisor : !rows to !output
  %ot = arith.divf %acc, %sumb : !output
  tile.store %ot, %o[%b, %h, %row, %d] valid(%rowIn : vector<32x1xi1>)
      : !output, !qkv, index, index, vector<32x1xindex>, vector<1x128xindex>
  %log = math.log %sum : !rows
  %lset = arith.addf %max, %log : !rows
  tile.store %lset, %lse[%b, %h, %row] valid(%rowIn : vector<32x1xi1>)
      : !rows, !lse, index, index, vector<32x1xindex>
  tile.return
}

func.func @causal(%q: !qkv, %k: !qkv, %v: !qkv, %o: !qkv, %lse: !lse) attributes {llvm.emit_c_interface} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %c32 = arith.constant 32 : index
  %b = memref.dim %q, %c0 : !qkv
  %h = memref.dim %q, %c1 : !qkv
  %nq = memref.dim %q, %c2 : !qkv
  %nk = memref.dim %k, %c2 : !qkv
  %nv = memref.dim %v, %c2 : !qkv
  tile.check equal %nv, %nk, "as many values as keys" : index
  %tiles = arith.ceildivui %nq, %c32 : index
  tile.launch @causal_kernel grid(%b, %h, %tiles)
      ins(%q, %k, %v, %nq, %nk : !qkv, !qkv, !qkv, index, index) outs(%o, %lse : !qkv, !lse)
  return
}
