// RUN: attn-opt %s --split-input-file --verify-diagnostics

// Every labelled constraint of attention, partial states and observation is
// reported with its own sentence.

func.func @attention_c1(%q: tensor<?x4x?x8xf32>) {
  // expected-error@+1 {{'attn.attention' op expected 4 positions for the left side of a dot product of type 'tensor<?x4x?x8xf32>', found 3}}
  %o = attn.attention dots(%q[b, i, :] * %q) values(%q) : tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32> -> tensor<?x4x?x8xf32>
  return
}

// -----

func.func @attention_c1_inner(%q: tensor<?x4x?x8xf32>) {
  // expected-error@+1 {{'attn.attention' op expected ':' once in each side of a dot product, found 1 and 2}}
  %o = attn.attention dots(%q * %q[b, :, j, :]) values(%q) : tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32> -> tensor<?x4x?x8xf32>
  return
}

// -----

func.func @attention_c1_value(%q: tensor<?x4x?x8xf32>, %v: tensor<4x4x4x4xf32>) {
  // expected-error@+1 {{'attn.attention' op expected ':' at most once in the value, found 2}}
  %o = attn.attention dots(%q * %q) values(%v[b, :, j, :]) : tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>, tensor<4x4x4x4xf32> -> tensor<?x4x?x8xf32>
  return
}

// -----

func.func @attention_c1_bias(%q: tensor<?x4x?x8xf32>, %s: tensor<?x?xf32>) {
  // expected-error@+1 {{'attn.attention' op the map of bias 0 uses ':'}}
  %o = attn.attention dots(%q * %q) values(%q) bias(%s[i, :]) : tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>, tensor<?x?xf32> -> tensor<?x4x?x8xf32>
  return
}

// -----

func.func @attention_c1_sink(%q: tensor<?x4x?x8xf32>, %s: tensor<?xf32>) {
  // expected-error@+1 {{'attn.attention' op expected 1 positions for the sink of type 'tensor<?xf32>', found 2}}
  %o = attn.attention dots(%q * %q) values(%q) sink(%s[b, h]) : tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>, tensor<?xf32> -> tensor<?x4x?x8xf32>
  return
}

// -----

func.func @attention_c1_name(%q: tensor<?x4x?x8xf32>, %t: tensor<?xf32>, %s: tensor<?xf32>) {
  // expected-error@+1 {{'attn.attention' op the map of 'y' uses a name that is no index bound before}}
  %o = "attn.attention"(%q, %q, %q, %t, %t) <{biasMaps = [],
      bindingInfos = [#attn.binding<"x", load, (d0, d1, d2, d3, d4)[s0, s1] -> (d3)>,
                      #attn.binding<"y", load, (d0, d1, d2, d3, d4)[s0, s1] -> (s0)>],
      keyGrid = array<i64>, lhsMaps = [affine_map<(d0, d1, d2, d3, d4)[s0, s1] -> (d0, d1, d2, d4)>],
      normalise = 0 : i32, operandSegmentSizes = array<i32: 1, 1, 1, 0, 0, 0, 2, 0, 0, 0, 0>,
      outMap = affine_map<(d0, d1, d2, d3, d4)[s0, s1] -> (d0, d1, d2, d4)>, over = ["b", "h"],
      queryGrid = array<i64>, resultSegmentSizes = array<i32: 1, 0>,
      rhsMaps = [affine_map<(d0, d1, d2, d3, d4)[s0, s1] -> (d0, d1, d3, d4)>],
      scoreCoordinates = array<i64>, staticExtents = array<i64: -1, -1>,
      valueMap = affine_map<(d0, d1, d2, d3, d4)[s0, s1] -> (d0, d1, d3, d4)>, weight = 0 : i32}> ({
  }, {
  }) : (tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>, tensor<?xf32>, tensor<?xf32>) -> tensor<?x4x?x8xf32>
  return
}

// -----

func.func @attention_c1_maps(%q: tensor<?x4x?x8xf32>) {
  // expected-error@+1 {{'attn.attention' op expected one map per operand}}
  %o = "attn.attention"(%q, %q, %q) <{biasMaps = [],
      bindingInfos = [],
      keyGrid = array<i64>,
      lhsMaps = [],
      normalise = 0 : i32,
      operandSegmentSizes = array<i32: 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0>,
      outMap = affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d4)>,
      over = ["b", "h"],
      queryGrid = array<i64>,
      resultSegmentSizes = array<i32: 1, 0>,
      rhsMaps = [affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d3, d4)>],
      scoreCoordinates = array<i64>,
      staticExtents = array<i64: -1, -1>,
      valueMap = affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d3, d4)>,
      weight = 0 : i32}> ({
  }, {
  }) : (tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>) -> tensor<?x4x?x8xf32>
  return
}

// -----

func.func @attention_c1_sides(%q: tensor<?x4x?x8xf32>) {
  // expected-error@+1 {{'attn.attention' op expected two sides of each dot product, found 2 and 1}}
  %o = "attn.attention"(%q, %q, %q) <{biasMaps = [],
      bindingInfos = [],
      keyGrid = array<i64>,
      lhsMaps = [affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d4)>],
      normalise = 0 : i32,
      operandSegmentSizes = array<i32: 2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0>,
      outMap = affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d4)>,
      over = ["b", "h"],
      queryGrid = array<i64>,
      resultSegmentSizes = array<i32: 1, 0>,
      rhsMaps = [affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d3, d4)>],
      scoreCoordinates = array<i64>,
      staticExtents = array<i64: -1, -1>,
      valueMap = affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d3, d4)>,
      weight = 0 : i32}> ({
  }, {
  }) : (tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>) -> tensor<?x4x?x8xf32>
  return
}

// -----

func.func @attention_c1_value_map(%q: tensor<?x4x?x8xf32>) {
  // expected-error@+1 {{'attn.attention' op expected a map of the value}}
  %o = "attn.attention"(%q, %q, %q) <{biasMaps = [],
      bindingInfos = [],
      keyGrid = array<i64>,
      lhsMaps = [affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d4)>],
      normalise = 0 : i32,
      operandSegmentSizes = array<i32: 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0>,
      outMap = affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d4)>,
      over = ["b", "h"],
      queryGrid = array<i64>,
      resultSegmentSizes = array<i32: 1, 0>,
      rhsMaps = [affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d3, d4)>],
      scoreCoordinates = array<i64>,
      staticExtents = array<i64: -1, -1>,
      weight = 0 : i32}> ({
  }, {
  }) : (tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>) -> tensor<?x4x?x8xf32>
  return
}

// -----

func.func @attention_c1_sink_map(%q: tensor<?x4x?x8xf32>) {
  // expected-error@+1 {{'attn.attention' op expected a map of the sink}}
  %o = "attn.attention"(%q, %q, %q, %q) <{biasMaps = [],
      bindingInfos = [],
      keyGrid = array<i64>,
      lhsMaps = [affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d4)>],
      normalise = 0 : i32,
      operandSegmentSizes = array<i32: 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 1>,
      outMap = affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d4)>,
      over = ["b", "h"],
      queryGrid = array<i64>,
      resultSegmentSizes = array<i32: 1, 0>,
      rhsMaps = [affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d3, d4)>],
      scoreCoordinates = array<i64>,
      staticExtents = array<i64: -1, -1>,
      valueMap = affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d3, d4)>,
      weight = 0 : i32}> ({
  }, {
  }) : (tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>) -> tensor<?x4x?x8xf32>
  return
}

// -----

func.func @attention_c1_expression(%q: tensor<?x4x?x8xf32>) {
  // expected-error@+1 {{'attn.attention' op the map of the value uses ':' within an expression}}
  %o = "attn.attention"(%q, %q, %q) <{biasMaps = [],
      bindingInfos = [],
      keyGrid = array<i64>,
      lhsMaps = [affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d4)>],
      normalise = 0 : i32,
      operandSegmentSizes = array<i32: 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0>,
      outMap = affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d4)>,
      over = ["b", "h"],
      queryGrid = array<i64>,
      resultSegmentSizes = array<i32: 1, 0>,
      rhsMaps = [affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d3, d4)>],
      scoreCoordinates = array<i64>,
      staticExtents = array<i64: -1, -1>,
      valueMap = affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d3, d4 + 1)>,
      weight = 0 : i32}> ({
  }, {
  }) : (tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>) -> tensor<?x4x?x8xf32>
  return
}

// -----

func.func @attention_c1_coordinates(%q: tensor<?x4x?x8xf32>) {
  // expected-error@+1 {{'attn.attention' op expected the map of the right side of a dot product over 5 coordinates, found 4}}
  %o = "attn.attention"(%q, %q, %q) <{biasMaps = [],
      bindingInfos = [],
      keyGrid = array<i64>,
      lhsMaps = [affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d4)>],
      normalise = 0 : i32,
      operandSegmentSizes = array<i32: 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0>,
      outMap = affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d4)>,
      over = ["b", "h"],
      queryGrid = array<i64>,
      resultSegmentSizes = array<i32: 1, 0>,
      rhsMaps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>],
      scoreCoordinates = array<i64>,
      staticExtents = array<i64: -1, -1>,
      valueMap = affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d3, d4)>,
      weight = 0 : i32}> ({
  }, {
  }) : (tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>) -> tensor<?x4x?x8xf32>
  return
}

// -----

func.func @attention_c2(%q: tensor<?x4x?x8xf32>, %k: tensor<?x4x?x6xf32>) {
  // expected-error@+1 {{'attn.attention' op expected equal inner axes of a dot product, found 8 and 6}}
  %o = attn.attention dots(%q * %k) values(%q) : tensor<?x4x?x8xf32>, tensor<?x4x?x6xf32>, tensor<?x4x?x8xf32> -> tensor<?x4x?x8xf32>
  return
}

// -----

func.func @attention_c2_dynamic(%q: tensor<?x4x?x?xf32>) {
  // expected-error@+1 {{'attn.attention' op expected a static inner axis of a dot product}}
  %l = attn.attention dots(%q * %q) : tensor<?x4x?x?xf32>, tensor<?x4x?x?xf32> -> tensor<?x4x?xf32>
  return
}

// -----

func.func @attention_c2_value(%q: tensor<?x4x?x8xf32>, %v: tensor<?x4x?x?xf32>) {
  // expected-error@+1 {{'attn.attention' op expected a static inner axis of the value}}
  %o = attn.attention dots(%q * %q) values(%v) : tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>, tensor<?x4x?x?xf32> -> tensor<?x4x?x?xf32>
  return
}

// -----

func.func @attention_c3(%q: tensor<?x4x?x8xf32>) {
  // expected-error@+1 {{'attn.attention' op the left side of a dot product must not depend on 'j'}}
  %o = attn.attention dots(%q[b, h, j, :] * %q) values(%q) : tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32> -> tensor<?x4x?x8xf32>
  return
}

// -----

func.func @attention_c3_bound(%q: tensor<?x4x?x8xf32>, %t: tensor<?xi32>) {
  // expected-error@+1 {{'attn.attention' op the left side of a dot product must not depend on 'j'}}
  %o = attn.attention extents(i = 4) with (p = %t[j] : tensor<?xi32>) dots(%q[b, h, p, :] * %q) values(%q)
    : tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32> -> tensor<?x4x?x8xf32>
  return
}

// -----

func.func @attention_c3_value(%q: tensor<?x4x?x8xf32>) {
  // expected-error@+1 {{'attn.attention' op the value must not depend on 'i'}}
  %o = attn.attention dots(%q * %q) values(%q[b, h, i, :]) : tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32> -> tensor<?x4x?x8xf32>
  return
}

// -----

func.func @attention_c3_sink(%q: tensor<?x4x?x8xf32>, %s: tensor<?xf32>) {
  // expected-error@+1 {{'attn.attention' op the sink must not depend on 'j'}}
  %o = attn.attention dots(%q * %q) values(%q) sink(%s[j]) : tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>, tensor<?xf32> -> tensor<?x4x?x8xf32>
  return
}

// -----

func.func @attention_c4(%q: tensor<?x4x?x8xf32>, %k: tensor<?x3x?x8xf32>) {
  // expected-error@+1 {{'attn.attention' op expected a number of heads that divides 4 in the right side of dot product 0, found 3}}
  %o = attn.attention dots(%q * %k) values(%q) : tensor<?x4x?x8xf32>, tensor<?x3x?x8xf32>, tensor<?x4x?x8xf32> -> tensor<?x4x?x8xf32>
  return
}

// -----

func.func @attention_c5(%q: tensor<?x4x?x8xf32>) {
  // expected-error@+1 {{expected 'normalise sum | none | const(%value)' for a weight other than exp}}
  %o = attn.attention dots(%q * %q) values(%q) weight sigmoid : tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32> -> tensor<?x4x?x8xf32>
  return
}

// -----

func.func @attention_c5_exp(%q: tensor<?x4x?x8xf32>) {
  // expected-error@+1 {{'attn.attention' op the weight exp is normalised by its sum}}
  %o = attn.attention dots(%q * %q) values(%q) normalise none : tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32> -> tensor<?x4x?x8xf32>
  return
}

// -----

func.func @attention_c5_sink(%q: tensor<?x4x?x8xf32>, %s: tensor<4xf32>) {
  // expected-error@+1 {{'attn.attention' op a sink needs the weight exp}}
  %o = attn.attention dots(%q * %q) values(%q) sink(%s) weight sigmoid normalise sum
    : tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>, tensor<4xf32> -> tensor<?x4x?x8xf32>
  return
}

// -----

func.func @attention_c5_den(%q: tensor<?x4x?x8xf32>) {
  // expected-error@+1 {{'attn.attention' op a row sum needs the weight exp or 'normalise sum'}}
  %o, %d = attn.attention dots(%q * %q) values(%q) weight sigmoid normalise none results(out, den)
    : tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32> -> (tensor<?x4x?x8xf32>, tensor<?x4x?xf32>)
  return
}

// -----

func.func @attention_c5_power(%q: tensor<?x4x?x8xf32>) {
  // expected-error@+1 {{'attn.attention' op expected a power of at least 1, and of relu only}}
  %o = attn.attention dots(%q * %q) values(%q) weight sigmoid 2 normalise sum : tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32> -> tensor<?x4x?x8xf32>
  return
}

// -----

func.func @attention_c5_const(%q: tensor<?x4x?x8xf32>) {
  // expected-error@+1 {{'attn.attention' op expected a value to divide by for normalise const only}}
  %o = "attn.attention"(%q, %q, %q) <{biasMaps = [],
      bindingInfos = [],
      keyGrid = array<i64>,
      lhsMaps = [affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d4)>],
      normalise = 2 : i32,
      operandSegmentSizes = array<i32: 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0>,
      outMap = affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d4)>,
      over = ["b", "h"],
      queryGrid = array<i64>,
      resultSegmentSizes = array<i32: 1, 0>,
      rhsMaps = [affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d3, d4)>],
      scoreCoordinates = array<i64>,
      staticExtents = array<i64: -1, -1>,
      valueMap = affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d3, d4)>,
      weight = 1 : i32}> ({
  }, {
  }) : (tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>) -> tensor<?x4x?x8xf32>
  return
}

// -----

func.func @attention_c5_region(%q: tensor<?x4x?x8xf32>) {
  // expected-error@+1 {{'attn.attention' op expected a region for the weight custom, and for no other}}
  %o = "attn.attention"(%q, %q, %q) <{biasMaps = [],
      bindingInfos = [],
      keyGrid = array<i64>,
      lhsMaps = [affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d4)>],
      normalise = 0 : i32,
      operandSegmentSizes = array<i32: 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0>,
      outMap = affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d4)>,
      over = ["b", "h"],
      queryGrid = array<i64>,
      resultSegmentSizes = array<i32: 1, 0>,
      rhsMaps = [affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d3, d4)>],
      scoreCoordinates = array<i64>,
      staticExtents = array<i64: -1, -1>,
      valueMap = affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d3, d4)>,
      weight = 5 : i32}> ({
  }, {
  }) : (tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>) -> tensor<?x4x?x8xf32>
  return
}

// -----

func.func @attention_c5_block(%q: tensor<?x4x?x8xf32>) {
  // expected-error@+1 {{'attn.attention' op expected the weight region to be one block that ends in attn.yield}}
  %o = "attn.attention"(%q, %q, %q) <{biasMaps = [],
      bindingInfos = [],
      keyGrid = array<i64>,
      lhsMaps = [affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d4)>],
      normalise = 0 : i32,
      operandSegmentSizes = array<i32: 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0>,
      outMap = affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d4)>,
      over = ["b", "h"],
      queryGrid = array<i64>,
      resultSegmentSizes = array<i32: 1, 0>,
      rhsMaps = [affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d3, d4)>],
      scoreCoordinates = array<i64>,
      staticExtents = array<i64: -1, -1>,
      valueMap = affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d3, d4)>,
      weight = 5 : i32}> ({
  }, {
  ^entry(%x: f32):
  }) : (tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>) -> tensor<?x4x?x8xf32>
  return
}

// -----

func.func @attention_c5_type(%q: tensor<?x4x?x8xf32>, %c: f64) {
  // expected-error@+1 {{'attn.attention' op expected a normaliser of type 'f32', found 'f64'}}
  %o = attn.attention dots(%q * %q) values(%q) weight sigmoid normalise const(%c) : tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>, f64 -> tensor<?x4x?x8xf32>
  return
}

// -----

func.func @attention_c5_yield(%q: tensor<?x4x?x8xf32>) {
  // expected-error@+1 {{'attn.attention' op expected the weight region to map one 'f32' to one 'f32'}}
  %o = attn.attention dots(%q * %q) values(%q) weight(%x) {
      %c = arith.constant true
      attn.yield %c : i1
    } normalise sum : tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32> -> tensor<?x4x?x8xf32>
  return
}

// -----

func.func @attention_c6(%q: tensor<?x4x?x8xf32>, %s: tensor<4xf32>) {
  // expected-error@+1 {{'attn.attention' op a score region and bias exclude each other}}
  %o = attn.attention dots(%q * %q) values(%q) bias(%s[h]) score(%x) {
      attn.yield %x : f32
    } : tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>, tensor<4xf32> -> tensor<?x4x?x8xf32>
  return
}

// -----

func.func @attention_c7(%q: tensor<?x4x?x8xf32>) {
  // expected-error@+1 {{'attn.attention' op expected the score region to yield one 'f32'}}
  %o = attn.attention dots(%q * %q) values(%q) score(%x) {
      attn.yield %x, %x : f32, f32
    } : tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32> -> tensor<?x4x?x8xf32>
  return
}

// -----

func.func @attention_c7_argument(%q: tensor<?x4x?x8xf32>) {
  // expected-error@+1 {{'attn.attention' op expected argument 0 of the score region to be 'f32', found 'f64'}}
  %o = attn.attention dots(%q * %q) values(%q) score(%x: f64) {
      attn.yield %x : f64
    } : tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32> -> tensor<?x4x?x8xf32>
  return
}

// -----

func.func @attention_c7_arguments(%q: tensor<?x4x?x8xf32>) {
  // expected-error@+1 {{'attn.attention' op expected 1 arguments of the score region, found 2}}
  %o = attn.attention dots(%q * %q) values(%q) score(%x, %y) {
      attn.yield %x : f32
    } : tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32> -> tensor<?x4x?x8xf32>
  return
}

// -----

func.func @attention_c7_coordinate(%q: tensor<?x4x?x8xf32>) {
  // expected-error@+1 {{'attn.attention' op coordinate 7 does not exist}}
  %o = "attn.attention"(%q, %q, %q) <{biasMaps = [],
      bindingInfos = [],
      keyGrid = array<i64>,
      lhsMaps = [affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d4)>],
      normalise = 0 : i32,
      operandSegmentSizes = array<i32: 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0>,
      outMap = affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d4)>,
      over = ["b", "h"],
      queryGrid = array<i64>,
      resultSegmentSizes = array<i32: 1, 0>,
      rhsMaps = [affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d3, d4)>],
      scoreCoordinates = array<i64: 7>,
      staticExtents = array<i64: -1, -1>,
      valueMap = affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d3, d4)>,
      weight = 0 : i32}> ({
  ^entry(%x: f32, %y: index):
    attn.yield %x : f32
  }, {
  }) : (tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>) -> tensor<?x4x?x8xf32>
  return
}

// -----

func.func @attention_c7_absent(%q: tensor<?x4x?x8xf32>) {
  // expected-error@+1 {{'attn.attention' op expected coordinates of a score region, which is absent}}
  %o = "attn.attention"(%q, %q, %q) <{biasMaps = [],
      bindingInfos = [],
      keyGrid = array<i64>,
      lhsMaps = [affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d4)>],
      normalise = 0 : i32,
      operandSegmentSizes = array<i32: 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0>,
      outMap = affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d4)>,
      over = ["b", "h"],
      queryGrid = array<i64>,
      resultSegmentSizes = array<i32: 1, 0>,
      rhsMaps = [affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d3, d4)>],
      scoreCoordinates = array<i64: 0>,
      staticExtents = array<i64: -1, -1>,
      valueMap = affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d3, d4)>,
      weight = 0 : i32}> ({
  }, {
  }) : (tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>) -> tensor<?x4x?x8xf32>
  return
}

// -----

func.func @attention_c7_block(%q: tensor<?x4x?x8xf32>) {
  // expected-error@+1 {{'attn.attention' op expected the score region to be one block that ends in attn.yield}}
  %o = "attn.attention"(%q, %q, %q) <{biasMaps = [],
      bindingInfos = [],
      keyGrid = array<i64>,
      lhsMaps = [affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d4)>],
      normalise = 0 : i32,
      operandSegmentSizes = array<i32: 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0>,
      outMap = affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d4)>,
      over = ["b", "h"],
      queryGrid = array<i64>,
      resultSegmentSizes = array<i32: 1, 0>,
      rhsMaps = [affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d3, d4)>],
      scoreCoordinates = array<i64>,
      staticExtents = array<i64: -1, -1>,
      valueMap = affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d3, d4)>,
      weight = 0 : i32}> ({
  ^entry(%x: f32):
  }, {
  }) : (tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>) -> tensor<?x4x?x8xf32>
  return
}

// -----

func.func @attention_c8(%q: tensor<?x4x?x8xf32>, %m: !attn.mask<1, 1, over = 3>) {
  // expected-error@+1 {{'attn.attention' op expected a mask over 2 batch coordinates or none, found 3}}
  %o = attn.attention dots(%q * %q) values(%q) mask(%m) : tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>, !attn.mask<1, 1, over = 3> -> tensor<?x4x?x8xf32>
  return
}

// -----

func.func @attention_c8_rank(%q: tensor<?x4x?x8xf32>, %m: !attn.mask<3, 1>) {
  // expected-error@+1 {{'attn.attention' op expected a mask of the rank 2 of the grid, or over tokens in a line, found '!attn.mask<3, 1>'}}
  %o = attn.attention grid i(4, 5) j(4, 5) dots(%q * %q) values(%q) mask(%m) : tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>, !attn.mask<3, 1> -> tensor<?x4x?x8xf32>
  return
}

// -----

func.func @attention_c9(%q: tensor<?x4x?x8xf32>) {
  // expected-error@+1 {{'attn.attention' op expected the output to be 'tensor<?x4x?x8xf32>', found 'tensor<?x4x?x9xf32>'}}
  %o = attn.attention dots(%q * %q) values(%q) : tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32> -> tensor<?x4x?x9xf32>
  return
}

// -----

func.func @attention_c9_type(%q: tensor<?x4x?x8xf32>) {
  // expected-error@+1 {{'attn.attention' op expected the row statistics to be 'tensor<?x4x?xf32>', found 'tensor<?x4x?xf64>'}}
  %l = attn.attention dots(%q * %q) : tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32> -> tensor<?x4x?xf64>
  return
}

// -----

func.func @attention_c9_key(%q: tensor<?x4x?x8xf32>) {
  // expected-error@+1 {{'attn.attention' op expected the output to be a list of different letters of 'over', 'i' or its axes, and ':'}}
  %o = attn.attention dots(%q * %q) values(%q) -> [b, h, j, :] : tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32> -> tensor<?x4x?x8xf32>
  return
}

// -----

func.func @attention_c9_missing(%q: tensor<?x4x?x8xf32>) {
  // expected-error@+1 {{'attn.attention' op expected the output to name every letter of 'over', 'i' or all its axes, and ':' if the value has it}}
  %o = attn.attention dots(%q * %q) values(%q) -> [b, i, :] : tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32> -> tensor<?x?x8xf32>
  return
}

// -----

func.func @attention_c9_inner(%q: tensor<?x4x?x8xf32>, %v: tensor<?x4x?xf32>) {
  // expected-error@+1 {{'attn.attention' op expected the output to name every letter of 'over', 'i' or all its axes, and ':' if the value has it}}
  %o = attn.attention dots(%q * %q) values(%v[b, h, j]) -> [b, h, i, :] : tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>, tensor<?x4x?xf32> -> tensor<?x4x?x8xf32>
  return
}

// -----

func.func @attention_c9_map(%q: tensor<?x4x?x8xf32>) {
  // expected-error@+1 {{'attn.attention' op expected a map of the output over the coordinates}}
  %o = "attn.attention"(%q, %q, %q) <{biasMaps = [],
      bindingInfos = [],
      keyGrid = array<i64>,
      lhsMaps = [affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d4)>],
      normalise = 0 : i32,
      operandSegmentSizes = array<i32: 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0>,
      outMap = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1, d2, d5)>,
      over = ["b", "h"],
      queryGrid = array<i64>,
      resultSegmentSizes = array<i32: 1, 0>,
      rhsMaps = [affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d3, d4)>],
      scoreCoordinates = array<i64>,
      staticExtents = array<i64: -1, -1>,
      valueMap = affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d3, d4)>,
      weight = 0 : i32}> ({
  }, {
  }) : (tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>) -> tensor<?x4x?x8xf32>
  return
}

// -----

func.func @attention_c9_no_map(%q: tensor<?x4x?x8xf32>) {
  // expected-error@+1 {{'attn.attention' op expected a map of the output over the coordinates}}
  %o = "attn.attention"(%q, %q, %q) <{biasMaps = [],
      bindingInfos = [],
      keyGrid = array<i64>,
      lhsMaps = [affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d4)>],
      normalise = 0 : i32,
      operandSegmentSizes = array<i32: 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0>,
      over = ["b", "h"],
      queryGrid = array<i64>,
      resultSegmentSizes = array<i32: 1, 0>,
      rhsMaps = [affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d3, d4)>],
      scoreCoordinates = array<i64>,
      staticExtents = array<i64: -1, -1>,
      valueMap = affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d3, d4)>,
      weight = 0 : i32}> ({
  }, {
  }) : (tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>) -> tensor<?x4x?x8xf32>
  return
}

// -----

func.func @attention_c9_values(%q: tensor<?x4x?x8xf32>) {
  // expected-error@+1 {{'attn.attention' op expected values for the result out}}
  %o = attn.attention dots(%q * %q) results(out) : tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32> -> tensor<?x4x?x8xf32>
  return
}

// -----

func.func @attention_c9_name(%q: tensor<?x4x?x8xf32>) {
  // expected-error@+1 {{expected results out, lse or den, found 'max'}}
  %o = attn.attention dots(%q * %q) values(%q) results(max) : tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32> -> tensor<?x4x?x8xf32>
  return
}

// -----

func.func @attention_c10(%v: tensor<?x4x?x8xf32>) {
  // expected-error@+1 {{'attn.attention' op the extent of 'i' follows from no operand}}
  %o = attn.attention values(%v) : tensor<?x4x?x8xf32> -> tensor<?x4x?x8xf32>
  return
}

// -----

func.func @attention_c10_extents(%q: tensor<2x4x?x8xf32>, %k: tensor<3x4x?x8xf32>) {
  // expected-error@+1 {{'attn.attention' op expected extent 2 of 'b' in the right side of dot product 0, found 3}}
  %o = attn.attention dots(%q * %k) values(%k) : tensor<2x4x?x8xf32>, tensor<3x4x?x8xf32>, tensor<3x4x?x8xf32> -> tensor<2x4x?x8xf32>
  return
}

// -----

func.func @attention_c10_grid(%q: tensor<2x4x10x8xf32>) {
  // expected-error@+1 {{'attn.attention' op expected extent 12 of 'i' in the left side of dot product 0, found 10}}
  %l = attn.attention grid i(3, 4) dots(%q * %q) : tensor<2x4x10x8xf32>, tensor<2x4x10x8xf32> -> tensor<2x4x12xf32>
  return
}

// -----

func.func @attention_c10_twice(%q: tensor<2x4x?x8xf32>) {
  // expected-error@+1 {{'attn.attention' op an extent is given by a grid and by an extents clause}}
  %l = attn.attention grid i(3, 4) extents(i = 12) dots(%q * %q) : tensor<2x4x?x8xf32>, tensor<2x4x?x8xf32> -> tensor<2x4x12xf32>
  return
}

// -----

func.func @attention_c10_letter(%q: tensor<2x4x?x8xf32>) {
  // expected-error@+1 {{expected the extent of 'i' or 'j'}}
  %l = attn.attention extents(k = 12) dots(%q * %q) : tensor<2x4x?x8xf32>, tensor<2x4x?x8xf32> -> tensor<2x4x12xf32>
  return
}

// -----

func.func @attention_c10_negative(%q: tensor<?x4x?x8xf32>) {
  // expected-error@+1 {{'attn.attention' op expected an extent that is not negative, found -2}}
  %o = "attn.attention"(%q, %q, %q) <{biasMaps = [],
      bindingInfos = [],
      keyGrid = array<i64>,
      lhsMaps = [affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d4)>],
      normalise = 0 : i32,
      operandSegmentSizes = array<i32: 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0>,
      outMap = affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d4)>,
      over = ["b", "h"],
      queryGrid = array<i64>,
      resultSegmentSizes = array<i32: 1, 0>,
      rhsMaps = [affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d3, d4)>],
      scoreCoordinates = array<i64>,
      staticExtents = array<i64: -2, -1>,
      valueMap = affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d3, d4)>,
      weight = 0 : i32}> ({
  }, {
  }) : (tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>) -> tensor<?x4x?x8xf32>
  return
}

// -----

func.func @attention_c10_count(%q: tensor<?x4x?x8xf32>) {
  // expected-error@+1 {{'attn.attention' op expected two static extents, found 1}}
  %o = "attn.attention"(%q, %q, %q) <{biasMaps = [],
      bindingInfos = [],
      keyGrid = array<i64>,
      lhsMaps = [affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d4)>],
      normalise = 0 : i32,
      operandSegmentSizes = array<i32: 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0>,
      outMap = affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d4)>,
      over = ["b", "h"],
      queryGrid = array<i64>,
      resultSegmentSizes = array<i32: 1, 0>,
      rhsMaps = [affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d3, d4)>],
      scoreCoordinates = array<i64>,
      staticExtents = array<i64: -1>,
      valueMap = affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d3, d4)>,
      weight = 0 : i32}> ({
  }, {
  }) : (tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>) -> tensor<?x4x?x8xf32>
  return
}

// -----

func.func @attention_c10_operands(%q: tensor<?x4x?x8xf32>) {
  // expected-error@+1 {{'attn.attention' op expected 1 operands of extents, found 0}}
  %o = "attn.attention"(%q, %q, %q) <{biasMaps = [],
      bindingInfos = [],
      keyGrid = array<i64>,
      lhsMaps = [affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d4)>],
      normalise = 0 : i32,
      operandSegmentSizes = array<i32: 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0>,
      outMap = affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d4)>,
      over = ["b", "h"],
      queryGrid = array<i64>,
      resultSegmentSizes = array<i32: 1, 0>,
      rhsMaps = [affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d3, d4)>],
      scoreCoordinates = array<i64>,
      staticExtents = array<i64: -9223372036854775808, -1>,
      valueMap = affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d3, d4)>,
      weight = 0 : i32}> ({
  }, {
  }) : (tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>) -> tensor<?x4x?x8xf32>
  return
}

// -----

func.func @attention_c10_axes(%q: tensor<?x4x?x8xf32>) {
  // expected-error@+1 {{'attn.attention' op expected a grid of at most 3 axes, found 4}}
  %o = "attn.attention"(%q, %q, %q) <{biasMaps = [],
      bindingInfos = [],
      keyGrid = array<i64>,
      lhsMaps = [affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d4)>],
      normalise = 0 : i32,
      operandSegmentSizes = array<i32: 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0>,
      outMap = affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d4)>,
      over = ["b", "h"],
      queryGrid = array<i64: 1, 2, 3, 4>,
      resultSegmentSizes = array<i32: 1, 0>,
      rhsMaps = [affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d3, d4)>],
      scoreCoordinates = array<i64>,
      staticExtents = array<i64: -1, -1>,
      valueMap = affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d3, d4)>,
      weight = 0 : i32}> ({
  }, {
  }) : (tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>) -> tensor<?x4x?x8xf32>
  return
}

// -----

func.func @attention_scale(%q: tensor<?x4x?x8xf32>, %s: f16) {
  // expected-error@+1 {{'attn.attention' op expected a scale of type 'f32', found 'f16'}}
  %o = attn.attention dots(%q * %q) values(%q) scale(%s) : tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>, f16 -> tensor<?x4x?x8xf32>
  return
}

// -----

func.func @attention_effects(%q: tensor<?x4x?x8xf32>) {
  // expected-error@+1 {{'attn.attention' op expected regions without effects, found 'func.call'}}
  %o = attn.attention dots(%q * %q) values(%q) score(%x) {
      %y = func.call @unknown(%x) : (f32) -> f32
      attn.yield %y : f32
    } : tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32> -> tensor<?x4x?x8xf32>
  return
}
func.func private @unknown(f32) -> f32

// -----

func.func @attention_clause(%q: tensor<?x4x?x8xf32>) {
  // expected-error@+1 {{unknown clause 'dot'}}
  %o = attn.attention dot(%q * %q) values(%q) : tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32> -> tensor<?x4x?x8xf32>
  return
}

// -----

func.func @attention_types(%q: tensor<?x4x?x8xf32>) {
  // expected-error@+1 {{expected 3 operand types (dots, values, mask, scale, bias, normaliser, sink, lse), found 2}}
  %o = attn.attention dots(%q * %q) values(%q) : tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32> -> tensor<?x4x?x8xf32>
  return
}

// -----

func.func @partial_c5(%q: tensor<?x4x?x8xf32>, %c: f32) {
  // expected-error@+1 {{'attn.partial' op a constant normaliser belongs to attn.finalize}}
  %o = "attn.partial"(%q, %q, %q) <{biasMaps = [], bindingInfos = [], keyGrid = array<i64>,
      lhsMaps = [affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d4)>], normalise = 2 : i32,
      operandSegmentSizes = array<i32: 1, 1, 1, 0, 0, 0, 0, 0, 0>, over = ["b", "h"],
      queryGrid = array<i64>, resultSegmentSizes = array<i32: 1, 0, 0>,
      rhsMaps = [affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d3, d4)>],
      scoreCoordinates = array<i64>, staticExtents = array<i64: -1, -1>,
      valueMap = affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d3, d4)>, weight = 1 : i32}> ({
  }, {
  }) : (tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>) -> tensor<?x4x?x8xf32>
  return
}

// -----

func.func @partial_c9(%q: tensor<?x4x?x8xf32>) {
  // expected-error@+1 {{'attn.partial' op expected the row state to be 'tensor<?x4x?x?xf32>', found 'tensor<?x4x?xf32>'}}
  %m, %d = attn.partial dots(%q * %q) split j by 4 : tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32> -> (tensor<?x4x?xf32>, tensor<?x4x?xf32>)
  return
}

// -----

func.func @partial_c9_acc(%q: tensor<?x4x?x8xf16>) {
  // expected-error@+1 {{'attn.partial' op expected the accumulator to be 'tensor<?x4x?x8xf32>', found 'tensor<?x4x?x8xf16>'}}
  %a, %m, %d = attn.partial dots(%q * %q) values(%q) : tensor<?x4x?x8xf16>, tensor<?x4x?x8xf16>, tensor<?x4x?x8xf16>
    -> (tensor<?x4x?x8xf16>, tensor<?x4x?xf32>, tensor<?x4x?xf32>)
  return
}

// -----

func.func @partial_c9_pieces(%q: tensor<?x4x9x8xf32>) {
  // expected-error@+1 {{'attn.partial' op expected the row state to be 'tensor<?x4x3x9xf32>', found 'tensor<?x4x2x9xf32>'}}
  %m, %d = attn.partial dots(%q * %q) split j by 4 : tensor<?x4x9x8xf32>, tensor<?x4x9x8xf32>
    -> (tensor<?x4x2x9xf32>, tensor<?x4x2x9xf32>)
  return
}

// -----

func.func @partial_c11(%q: tensor<?x4x?x8xf32>) {
  // expected-error@+1 {{'attn.partial' op expected a split of at least 1, found 0}}
  %m, %d = attn.partial dots(%q * %q) split j by 0 : tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32> -> (tensor<?x4x?x?xf32>, tensor<?x4x?x?xf32>)
  return
}

// -----

func.func @partial_c11_negative(%q: tensor<?x4x?x8xf32>) {
  // expected-error@+1 {{'attn.partial' op expected a split of at least 1, found -4}}
  %m, %d = attn.partial dots(%q * %q) split j by -4 : tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32> -> (tensor<?x4x?x?xf32>, tensor<?x4x?x?xf32>)
  return
}

// -----

func.func @observe_c1(%q: tensor<?x4x?x8xf32>, %l: tensor<?x?xf32>) {
  // expected-error@+1 {{'attn.observe' op expected 2 positions for the lse of type 'tensor<?x?xf32>', found 3}}
  %s = attn.observe dots(%q * %q) lse(%l) observe(%p) {
      attn.yield %p : f32
    } into [[j] add] : tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>, tensor<?x?xf32> -> tensor<?xf32>
  return
}

// -----

func.func @observe_c5(%q: tensor<?x4x?x8xf32>) {
  // expected-error@+1 {{'attn.observe' op expected the observe region to yield 1 values of type 'f32'}}
  %s = attn.observe dots(%q * %q) observe(%p) {
      attn.yield %p, %p : f32, f32
    } into [[j] add] : tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32> -> tensor<?xf32>
  return
}

// -----

func.func @observe_c5_region(%q: tensor<?x4x?x8xf32>) {
  // expected-error@+1 {{'attn.observe' op expected the observe region to be one block that ends in attn.yield}}
  %s = attn.observe dots(%q * %q) into [[j] add] : tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32> -> tensor<?xf32>
  return
}

// -----

func.func @observe_c9(%q: tensor<?x4x?x8xf32>) {
  // expected-error@+1 {{'attn.observe' op expected 1 positions for a result of type 'tensor<?xf32>', found 2}}
  %s = attn.observe dots(%q * %q) observe(%p) {
      attn.yield %p : f32
    } into [[i, j] add] : tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32> -> tensor<?xf32>
  return
}

// -----

func.func @observe_c9_type(%q: tensor<?x4x?x8xf32>) {
  // expected-error@+1 {{'attn.observe' op expected a result of 'f32', found 'tensor<?xf64>'}}
  %s = attn.observe dots(%q * %q) observe(%p) {
      attn.yield %p : f32
    } into [[j] add] : tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32> -> tensor<?xf64>
  return
}

// -----

func.func @observe_c9_count(%q: tensor<?x4x?x8xf32>) {
  // expected-error@+1 {{'attn.observe' op expected one map, kind and initial value per result}}
  %s, %t = attn.observe dots(%q * %q) observe(%p) {
      attn.yield %p, %p : f32, f32
    } into [[j] add] : tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32> -> (tensor<?xf32>, tensor<?xf32>)
  return
}

// -----

func.func @observe_c9_inner(%q: tensor<?x4x?x8xf32>) {
  // expected-error@+1 {{'attn.observe' op the map of a result uses ':'}}
  %s = attn.observe dots(%q * %q) observe(%p) {
      attn.yield %p : f32
    } into [[:] add] : tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32> -> tensor<?xf32>
  return
}

// -----

func.func @observe_c9_bound(%q: tensor<?x4x?x8xf32>, %t: tensor<?xi32>) {
  // expected-error@+1 {{'attn.observe' op expected a static extent of axis 0 of 'tensor<?xf32>', whose position uses a bound name}}
  %s = attn.observe with (c = %t[j] : tensor<?xi32>) dots(%q * %q) observe(%p) {
      attn.yield %p : f32
    } into [[c] add] : tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32> -> tensor<?xf32>
  return
}

// -----

func.func @observe_kind(%q: tensor<?x4x?x8xf32>) {
  // expected-error@+3 {{expected add, max or min, found 'mean'}}
  %s = attn.observe dots(%q * %q) observe(%p) {
      attn.yield %p : f32
    } into [[j] mean] : tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32> -> tensor<?xf32>
  return
}

// -----

func.func @attention_c12(%v: tensor<?x4x3x8xf32>) {
  // expected-error@+1 {{'attn.attention' op expected a product of extents below 2^62, found b = ?, h = 4, i = 384307168202282326, j = 3}}
  %o = attn.attention extents(i = 384307168202282326) values(%v) : tensor<?x4x3x8xf32>
    -> tensor<?x4x384307168202282326x8xf32>
  return
}

// -----

// One query fewer, and no key, are legal.
func.func @attention_c12_limit(%v: tensor<?x4x3x8xf32>, %w: tensor<?x4x0x8xf32>) {
  %o = attn.attention extents(i = 384307168202282325) values(%v) : tensor<?x4x3x8xf32>
    -> tensor<?x4x384307168202282325x8xf32>
  %p = attn.attention extents(i = 384307168202282326) values(%w) : tensor<?x4x0x8xf32>
    -> tensor<?x4x384307168202282326x8xf32>
  return
}

// -----

func.func @observe_c12(%t: tensor<?xf32>) {
  // expected-error@+1 {{'attn.observe' op expected a product of extents below 2^62, found b = ?, i = 4294967296, j = 1073741824}}
  %c = attn.observe over [b] extents(i = 4294967296, j = 1073741824) bias(%t[b]) observe(%p) {
      attn.yield %p : f32
    } into [[b] add] : tensor<?xf32> -> tensor<?xf32>
  return
}
