// RUN: attn-opt %s --split-input-file --verify-diagnostics

// Every labelled constraint of einsum, map and extract is reported with its own
// sentence.

func.func @einsum_c1(%x: tensor<?x?xf32>) {
  // expected-error@+1 {{'attn.einsum' op expected 2 positions for operand 0 of type 'tensor<?x?xf32>', found 1}}
  %y = attn.einsum (%x[n]) -> [n] : tensor<?x?xf32> -> tensor<?xf32>
  return
}

// -----

func.func @einsum_c1_bias(%x: tensor<?xf32>, %b: tensor<?x?xf32>) {
  // expected-error@+1 {{'attn.einsum' op expected 2 positions for the bias of type 'tensor<?x?xf32>', found 1}}
  %y = attn.einsum (%x[n]) bias(%b[n]) -> [n] : tensor<?xf32>, tensor<?x?xf32> -> tensor<?xf32>
  return
}

// -----

func.func @einsum_c1_map(%x: tensor<?xf32>) {
  // expected-error@+1 {{'attn.einsum' op expected the map of operand 0 over 1 coordinates, found 2}}
  %y = "attn.einsum"(%x) <{bindingInfos = [], inputMaps = [affine_map<(d0, d1) -> (d1)>],
      letters = ["n"], operandSegmentSizes = array<i32: 1, 0, 0>,
      outMap = affine_map<(d0) -> (d0)>}> : (tensor<?xf32>) -> tensor<?xf32>
  return
}

// -----

func.func @einsum_c1_symbol(%x: tensor<?xf32>) {
  // expected-error@+1 {{'attn.einsum' op the map of operand 0 uses a name that is no index bound before}}
  %y = "attn.einsum"(%x) <{bindingInfos = [], inputMaps = [affine_map<(d0)[s0] -> (s0)>],
      letters = ["n"], operandSegmentSizes = array<i32: 1, 0, 0>,
      outMap = affine_map<(d0) -> (d0)>}> : (tensor<?xf32>) -> tensor<?xf32>
  return
}

// -----

func.func @einsum_c1_operands() {
  // expected-error@+1 {{'attn.einsum' op expected at least one operand, and one map for each}}
  %y = "attn.einsum"() <{bindingInfos = [], inputMaps = [], letters = [],
      operandSegmentSizes = array<i32: 0, 0, 0>, outMap = affine_map<() -> ()>}>
      : () -> tensor<f32>
  return
}

// -----

func.func @einsum_c1_bias_map(%x: tensor<?xf32>) {
  // expected-error@+1 {{'attn.einsum' op expected a map of the bias if there is a bias}}
  %y = "attn.einsum"(%x, %x) <{bindingInfos = [], inputMaps = [affine_map<(d0) -> (d0)>],
      letters = ["n"], operandSegmentSizes = array<i32: 1, 1, 0>,
      outMap = affine_map<(d0) -> (d0)>}> : (tensor<?xf32>, tensor<?xf32>) -> tensor<?xf32>
  return
}

// -----

func.func @einsum_c2(%x: tensor<?xf32>) {
  // expected-error@+1 {{'attn.einsum' op the extent of 'm' follows from no operand}}
  %y = attn.einsum (%x[n], %x[n + m]) -> [n] : tensor<?xf32>, tensor<?xf32> -> tensor<?xf32>
  return
}

// -----

func.func @einsum_c2_extents(%x: tensor<4xf32>, %y: tensor<5xf32>) {
  // expected-error@+1 {{'attn.einsum' op expected extent 4 of 'n' in operand 1, found 5}}
  %z = attn.einsum (%x[n], %y[n]) -> [n] : tensor<4xf32>, tensor<5xf32> -> tensor<?xf32>
  return
}

// -----

func.func @einsum_c2_result(%x: tensor<4xf32>) {
  // expected-error@+1 {{'attn.einsum' op expected extent 4 of 'n' in the result, found 5}}
  %z = attn.einsum (%x[n]) -> [n] : tensor<4xf32> -> tensor<5xf32>
  return
}

// -----

func.func @einsum_c2_letters(%x: tensor<?xf32>) {
  // expected-error@+1 {{'attn.einsum' op expected different names of coordinates, found 'n' twice}}
  %y = "attn.einsum"(%x) <{bindingInfos = [], inputMaps = [affine_map<(d0, d1) -> (d0)>],
      letters = ["n", "n"], operandSegmentSizes = array<i32: 1, 0, 0>,
      outMap = affine_map<(d0, d1) -> (d0)>}> : (tensor<?xf32>) -> tensor<?xf32>
  return
}

// -----

func.func @einsum_c3(%x: tensor<?xf32>) {
  // expected-error@+1 {{'attn.einsum' op expected the output to be a list of different letters}}
  %y = attn.einsum (%x[n]) -> [n, n] : tensor<?xf32> -> tensor<?x?xf32>
  return
}

// -----

func.func @einsum_c3_rank(%x: tensor<?xf32>) {
  // expected-error@+1 {{'attn.einsum' op expected 2 positions for the result of type 'tensor<?x?xf32>', found 1}}
  %y = attn.einsum (%x[n]) -> [n] : tensor<?xf32> -> tensor<?x?xf32>
  return
}

// -----

func.func @einsum_c3_bias(%x: tensor<?x?xf32>, %b: tensor<?xf32>) {
  // expected-error@+1 {{'attn.einsum' op the bias must not depend on 'c', which is summed}}
  %y = attn.einsum (%x[n, c]) bias(%b[c]) -> [n] : tensor<?x?xf32>, tensor<?xf32> -> tensor<?xf32>
  return
}

// -----

func.func @einsum_type(%x: tensor<?xf16>) {
  // expected-error@+1 {{'attn.einsum' op expected a result of 'f16', found 'tensor<?xf32>'}}
  %y = attn.einsum (%x[n]) -> [n] : tensor<?xf16> -> tensor<?xf32>
  return
}

// -----

func.func @einsum_types(%x: tensor<?xf16>) {
  // expected-error@+1 {{expected 1 operand types, found 2}}
  %y = attn.einsum (%x[n]) -> [n] : tensor<?xf16>, tensor<?xf16> -> tensor<?xf16>
  return
}

// -----

func.func @einsum_product(%x: tensor<?xf32>) {
  // expected-error@+1 {{expected a number or a bound name on one side}}
  %y = attn.einsum (%x[n * m]) -> [n] : tensor<?xf32> -> tensor<?xf32>
  return
}

// -----

func.func @einsum_divisor(%x: tensor<?xf32>) {
  // expected-error@+1 {{expected a positive divisor, found 0}}
  %y = attn.einsum (%x[n floordiv 0]) -> [n] : tensor<?xf32> -> tensor<?xf32>
  return
}

// -----

func.func @map_c1(%x: tensor<?xf32>) {
  // expected-error@+1 {{'attn.map' op expected results of 1 axes and equal shapes, found 'tensor<?x4xf32>'}}
  %y = attn.map [n] with (%a = %x[n] : tensor<?xf32>) {
    attn.yield %a : f32
  } -> tensor<?x4xf32>
  return
}

// -----

func.func @map_c1_none(%x: tensor<?xf32>) {
  // expected-error@+1 {{'attn.map' op expected at least one result}}
  "attn.map"(%x) <{bindingInfos = [#attn.binding<"a", load, (d0)[s0] -> (d0)>],
      extentCoordinates = array<i64>, letters = ["n"],
      operandSegmentSizes = array<i32: 1, 0>}> ({
  ^entry(%a: f32, %n: index):
    attn.yield
  }) : (tensor<?xf32>) -> ()
  return
}

// -----

func.func @map_c2(%x: tensor<?xf32>) {
  // expected-error@+1 {{'attn.map' op expected the region to yield 1 elements, found 2}}
  %y = attn.map [n] with (%a = %x[n] : tensor<?xf32>) {
    attn.yield %a, %a : f32, f32
  } -> tensor<?xf32>
  return
}

// -----

func.func @map_c2_type(%x: tensor<?xf32>) {
  // expected-error@+1 {{'attn.map' op expected the region to yield 'f16', found 'f32'}}
  %y = attn.map [n] with (%a = %x[n] : tensor<?xf32>) {
    attn.yield %a : f32
  } -> tensor<?xf16>
  return
}

// -----

func.func @map_c3(%x: tensor<?xf32>) {
  // expected-error@+1 {{'attn.map' op the extent of 'n' is not known}}
  %y = attn.map [n] with (%a = %x[n + 1] : tensor<?xf32>) {
    attn.yield %a : f32
  } -> tensor<?xf32>
  return
}

// -----

func.func @map_c3_read(%x: tensor<4xf32>) {
  // expected-error@+1 {{'attn.map' op expected 'a' to have extent 5 of 'n', found 4}}
  %y = attn.map [n] with (%a = %x[n] : tensor<4xf32>) {
    attn.yield %a : f32
  } -> tensor<5xf32>
  return
}

// -----

func.func @map_c3_coordinate(%n: index) {
  // expected-error@+1 {{'attn.map' op coordinate 1 does not exist}}
  %y = "attn.map"(%n) <{bindingInfos = [], extentCoordinates = array<i64: 1>, letters = ["n"],
      operandSegmentSizes = array<i32: 0, 1>}> ({
  ^entry(%i: index):
    attn.yield %i : index
  }) : (index) -> tensor<?xindex>
  return
}

// -----

func.func @map_c3_extents(%n: index) {
  // expected-error@+1 {{'attn.map' op expected one value per extent}}
  %y = "attn.map"(%n) <{bindingInfos = [], extentCoordinates = array<i64>, letters = ["n"],
      operandSegmentSizes = array<i32: 0, 1>}> ({
  ^entry(%i: index):
    attn.yield %i : index
  }) : (index) -> tensor<?xindex>
  return
}

// -----

func.func @map_names(%x: tensor<?xf32>) {
  // expected-error@+1 {{custom op 'attn.map' coordinate 'n' occurs twice}}
  %y = attn.map [n, n] with (%a = %x[n] : tensor<?xf32>) {
    attn.yield %a : f32
  } -> tensor<?x?xf32>
  return
}

// -----

func.func @map_binding(%x: f32) {
  // expected-error@+1 {{'attn.map' op expected a ranked tensor for 'a', found 'f32'}}
  %y = "attn.map"(%x) <{bindingInfos = [#attn.binding<"a", load, (d0)[s0] -> (d0)>],
      extentCoordinates = array<i64>, letters = ["n"],
      operandSegmentSizes = array<i32: 1, 0>}> ({
  ^entry(%a: f32, %n: index):
    attn.yield %a : f32
  }) : (f32) -> tensor<4xf32>
  return
}

// -----

func.func @map_expression() {
  // expected-error@+1 {{'attn.map' op expected one expression for 'a'}}
  %y = "attn.map"() <{bindingInfos = [#attn.binding<"a", index, (d0)[s0] -> ()>],
      extentCoordinates = array<i64>, letters = ["n"],
      operandSegmentSizes = array<i32: 0, 0>}> ({
  ^entry(%a: index, %n: index):
    attn.yield %a : index
  }) : () -> tensor<4xindex>
  return
}

// -----

func.func @extract_c1(%x: tensor<?x?xf32>, %i: index) {
  // expected-error@+1 {{'attn.extract' op expected 2 indices, found 1}}
  %y = attn.extract %x[%i] : tensor<?x?xf32>
  return
}

// -----

func.func @extract_c2(%x: tensor<?xf32>, %i: index) {
  // expected-error@+1 {{'attn.extract' op failed to verify that the result to have the element type of the source}}
  %y = "attn.extract"(%x, %i) : (tensor<?xf32>, index) -> f64
  return
}
