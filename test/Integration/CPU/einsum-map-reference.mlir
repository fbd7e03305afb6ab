// RUN: %python %S/Inputs/einsum_map_reference.py %s

// einsum and map, under the reference semantics and compiled, agree with numpy.

func.func @matmul(%x: tensor<?x?xf32>, %y: tensor<?x?xf32>) -> tensor<?x?xf32> {
  %z = attn.einsum (%x[n, c], %y[c, d]) -> [d, n]
    : tensor<?x?xf32>, tensor<?x?xf32> -> tensor<?x?xf32>
  return %z : tensor<?x?xf32>
}

func.func @project(%x: tensor<?x?x6xf32>, %w: tensor<6x4x5xf32>, %b: tensor<4x5xf32>)
    -> tensor<?x4x?x5xf32> {
  %q = attn.einsum (%x[b, n, c], %w[c, h, d]) bias(%b[h, d]) -> [b, h, n, d]
    : tensor<?x?x6xf32>, tensor<6x4x5xf32>, tensor<4x5xf32> -> tensor<?x4x?x5xf32>
  return %q : tensor<?x4x?x5xf32>
}

// Half precision is summed in f32: 2049 is no f16.
func.func @ones(%x: tensor<?xf16>) -> tensor<f16> {
  %s = attn.einsum (%x[n], %x[n]) -> [] : tensor<?xf16>, tensor<?xf16> -> tensor<f16>
  return %s : tensor<f16>
}

func.func @brain(%x: tensor<?x?xbf16>, %y: tensor<?x?xbf16>) -> tensor<?x?xbf16> {
  %z = attn.einsum (%x[n, c], %y[c, d]) -> [n, d]
    : tensor<?x?xbf16>, tensor<?x?xbf16> -> tensor<?x?xbf16>
  return %z : tensor<?x?xbf16>
}

// A product without a sum, of mixed types, with a bias; scalars.
func.func @outer(%x: tensor<?xf32>, %y: tensor<?xf64>, %s: tensor<f32>, %b: tensor<?xf32>)
    -> tensor<?x?xf32> {
  %z = attn.einsum (%x[n], %y[m], %s[]) bias(%b[m]) -> [m, n]
    : tensor<?xf32>, tensor<?xf64>, tensor<f32>, tensor<?xf32> -> tensor<?x?xf32>
  return %z : tensor<?x?xf32>
}

// The weights of the expert that each token chose.
func.func @experts(%x: tensor<?x?x6xf32>, %w: tensor<3x6x5xf32>, %idx: tensor<?x?x2xi32>,
                   %b: tensor<3x5xf32>) -> tensor<?x?x2x5xf32> {
  %z = attn.einsum with (e = %idx[b, n, s] : tensor<?x?x2xi32>) (%x[b, n, c], %w[e, c, d])
    bias(%b[e, d]) -> [b, n, s, d]
    : tensor<?x?x6xf32>, tensor<3x6x5xf32>, tensor<3x5xf32> -> tensor<?x?x2x5xf32>
  return %z : tensor<?x?x2x5xf32>
}

// A convolution along n whose borders read 0, and a trace.
func.func @convolution(%x: tensor<?x?xf32>, %w: tensor<3x?xf32>) -> tensor<?x?xf32> {
  %z = attn.einsum with (p = index(n + t - 1)) (%x[p, c], %w[t, c], %x[n, c]) -> [n, c]
    : tensor<?x?xf32>, tensor<3x?xf32>, tensor<?x?xf32> -> tensor<?x?xf32>
  return %z : tensor<?x?xf32>
}

func.func @trace(%x: tensor<?x?xf32>) -> tensor<f32> {
  %z = attn.einsum (%x[n, n]) -> [] : tensor<?x?xf32> -> tensor<f32>
  return %z : tensor<f32>
}

// Resampling of both axes of an image: pairs are contracted one by one.
func.func @resample(%sy: tensor<3x?xf32>, %tx: tensor<4x?xf32>, %x: tensor<?x2x?x?xf32>)
    -> tensor<?x2x3x4xf32> {
  %z = attn.einsum (%sy[s, y], %tx[t, x], %x[b, c, y, x]) -> [b, c, s, t]
    : tensor<3x?xf32>, tensor<4x?xf32>, tensor<?x2x?x?xf32> -> tensor<?x2x3x4xf32>
  return %z : tensor<?x2x3x4xf32>
}

func.func @chain(%a: tensor<?x?xf16>, %b: tensor<?x?xf16>, %c: tensor<?x?xf16>, %g: tensor<?xf16>)
    -> tensor<?x?xf16> {
  %z = attn.einsum (%a[i, k], %b[k, l], %c[l, m], %g[m]) -> [m, i]
    : tensor<?x?xf16>, tensor<?x?xf16>, tensor<?x?xf16>, tensor<?xf16> -> tensor<?x?xf16>
  return %z : tensor<?x?xf16>
}

func.func @gate(%o: tensor<?x2x?x4xf32>, %g: tensor<?x?x2xf32>) -> tensor<?x2x?x4xf32> {
  %y = attn.map [b, h, n, d]
    with (%x = %o[b, h, n, d] : tensor<?x2x?x4xf32>, %w = %g[b, n, h] : tensor<?x?x2xf32>) {
      %p = arith.mulf %x, %w : f32
      attn.yield %p : f32
    } -> tensor<?x2x?x4xf32>
  return %y : tensor<?x2x?x4xf32>
}

// Coordinates, expressions, a scalar; results of several types.
func.func @numbers(%n: index, %s: i32) -> (tensor<?x4xf32>, tensor<?x4xindex>, tensor<?x4xi1>) {
  %y, %z, %w = attn.map [t, c] extents(t = %n)
    with (%x = float(3 * t - c), k = %s : i32, r = index((t - c) mod 3)) {
      %i = arith.addi %t, %k : index
      %e = arith.cmpi eq, %r, %c : index
      attn.yield %x, %i, %e : f32, index, i1
    } -> (tensor<?x4xf32>, tensor<?x4xindex>, tensor<?x4xi1>)
  return %y, %z, %w : tensor<?x4xf32>, tensor<?x4xindex>, tensor<?x4xi1>
}

// A gather, the previous token, and a part of a longer tensor.
func.func @gather(%x: tensor<?x?xf32>, %idx: tensor<?xi32>, %long: tensor<?x8xf32>, %n: index)
    -> tensor<?x5xf32> {
  %y = attn.map [t, c] extents(t = %n)
    with (i = %idx[t] : tensor<?xi32>, %a = %x[i, c] : tensor<?x?xf32>,
          %b = %x[t - 1, c] : tensor<?x?xf32>, %l = %long[t, c] : tensor<?x8xf32>) {
      %s = arith.addf %a, %b : f32
      %p = arith.mulf %s, %l : f32
      attn.yield %p : f32
    } -> tensor<?x5xf32>
  return %y : tensor<?x5xf32>
}

func.func @half(%x: tensor<?xf16>) -> tensor<?xf16> {
  %y = attn.map [n] with (%a = %x[n] : tensor<?xf16>) {
      %w = arith.extf %a : f16 to f32
      %e = math.exp %w : f32
      %r = arith.truncf %e : f32 to f16
      attn.yield %r : f16
    } -> tensor<?xf16>
  return %y : tensor<?xf16>
}

func.func @branch(%x: tensor<?xf32>) -> tensor<?xf32> {
  %y = attn.map [n] with (%a = %x[n] : tensor<?xf32>) {
      %zero = arith.constant 0.0 : f32
      %c = arith.cmpf olt, %a, %zero : f32
      %r = scf.if %c -> (f32) {
        %e = math.exp %a : f32
        scf.yield %e : f32
      } else {
        scf.yield %a : f32
      }
      attn.yield %r : f32
    } -> tensor<?xf32>
  return %y : tensor<?xf32>
}
