// RUN: attn-opt %s --split-input-file --verify-diagnostics

// Every labelled constraint of the mask ops is reported with its own sentence.

func.func @mask_c1() {
  // expected-error@+1 {{'attn.mask' op expected the predicate to yield one i1}}
  %m = attn.mask [j] {
    attn.yield %j : index
  }
  return
}

// -----

func.func @mask_c1_block() {
  // expected-error@+1 {{'attn.mask' op region #0 ('predicate') failed to verify constraint: region with 1 blocks}}
  %m = "attn.mask"() <{bindingInfos = [], coordinates = array<i64>, keyGrid = array<i64>,
      operandSegmentSizes = array<i32: 0, 0>, over = [], queryGrid = array<i64>}> ({
    cf.br ^next
  ^next:
    %true = arith.constant true
    attn.yield %true : i1
  }) : () -> !attn.mask<1, 1>
  return
}

// -----

func.func @mask_c1_empty() {
  // expected-error@+1 {{'attn.mask' op expected the predicate to be one block that ends in attn.yield}}
  %m = "attn.mask"() <{bindingInfos = [], coordinates = array<i64>, keyGrid = array<i64>,
      operandSegmentSizes = array<i32: 0, 0>, over = [], queryGrid = array<i64>}> ({
  ^entry:
  }) : () -> !attn.mask<1, 1>
  return
}

// -----

func.func @mask_c1_effects() {
  // expected-error@+1 {{'attn.mask' op expected regions without effects, found 'func.call'}}
  %m = attn.mask {
    %x = func.call @unknown() : () -> i1
    attn.yield %x : i1
  }
  return
}
func.func private @unknown() -> i1

// -----

func.func @mask_c2() {
  // expected-error@+1 {{'attn.mask' op expected the result type '!attn.mask<1, 1>', found '!attn.mask<2, 1>'}}
  %m = "attn.mask"() <{bindingInfos = [], coordinates = array<i64>, keyGrid = array<i64>,
      operandSegmentSizes = array<i32: 0, 0>, over = [], queryGrid = array<i64>}> ({
    %true = arith.constant true
    attn.yield %true : i1
  }) : () -> !attn.mask<2, 1>
  return
}

// -----

func.func @mask_c2_axes() {
  // expected-error@+1 {{'attn.mask' op expected a grid of at most 3 axes, found 4}}
  %m = "attn.mask"() <{bindingInfos = [], coordinates = array<i64>, keyGrid = array<i64>,
      operandSegmentSizes = array<i32: 0, 0>, over = [], queryGrid = array<i64: 2, 2, 2, 2>}> ({
    %true = arith.constant true
    attn.yield %true : i1
  }) : () -> !attn.mask<3, 1>
  return
}

// -----

func.func @mask_c2_sizes(%n: index) {
  // expected-error@+1 {{'attn.mask' op expected 0 operands of the grid, found 1}}
  %m = "attn.mask"(%n) <{bindingInfos = [], coordinates = array<i64>, keyGrid = array<i64>,
      operandSegmentSizes = array<i32: 0, 1>, over = [], queryGrid = array<i64: 2>}> ({
    %true = arith.constant true
    attn.yield %true : i1
  }) : (index) -> !attn.mask<1, 1>
  return
}

// -----

func.func @mask_c2_coordinate() {
  // expected-error@+1 {{'attn.mask' op coordinate 2 does not exist}}
  %m = "attn.mask"() <{bindingInfos = [], coordinates = array<i64: 2>, keyGrid = array<i64>,
      operandSegmentSizes = array<i32: 0, 0>, over = [], queryGrid = array<i64>}> ({
  ^entry(%x: index):
    %true = arith.constant true
    attn.yield %true : i1
  }) : () -> !attn.mask<1, 1>
  return
}

// -----

func.func @mask_c2_twice() {
  // expected-error@+1 {{'attn.mask' op coordinate 1 occurs twice}}
  %m = "attn.mask"() <{bindingInfos = [], coordinates = array<i64: 1, 1>, keyGrid = array<i64>,
      operandSegmentSizes = array<i32: 0, 0>, over = [], queryGrid = array<i64>}> ({
  ^entry(%x: index, %y: index):
    %true = arith.constant true
    attn.yield %true : i1
  }) : () -> !attn.mask<1, 1>
  return
}

// -----

func.func @mask_c2_names() {
  // expected-error@+1 {{'attn.mask' op expected different names of coordinates, found 'i' twice}}
  %m = attn.mask over [i, h] [h] where { h < 3 }
  return
}

// -----

func.func @mask_c3(%x: tensor<?x?xf32>) {
  // expected-error@+1 {{'attn.mask' op expected 2 positions for 'w' of type 'tensor<?x?xf32>', found 1}}
  %m = attn.mask [j] with (%w = %x[j] : tensor<?x?xf32>) where { j < 3 }
  return
}

// -----

func.func @mask_c3_inner(%x: tensor<?xf32>) {
  // expected-error@+1 {{'attn.mask' op the map of 'w' uses ':'}}
  %m = attn.mask [j] with (%w = %x[:] : tensor<?xf32>) where { j < 3 }
  return
}

// -----

func.func @mask_c3_later(%x: tensor<?xi32>) {
  // expected-error@+1 {{'attn.mask' op the map of 'a' uses a name that is no index bound before}}
  %m = "attn.mask"(%x, %x) <{
      bindingInfos = [#attn.binding<"a", load, (d0, d1, d2)[s0, s1] -> (s1)>,
                      #attn.binding<"c", load, (d0, d1, d2)[s0, s1] -> (d0)>],
      coordinates = array<i64>, keyGrid = array<i64>,
      operandSegmentSizes = array<i32: 2, 0>, over = [], queryGrid = array<i64>}> ({
  ^entry(%a: index, %c: index):
    %true = arith.constant true
    attn.yield %true : i1
  }) : (tensor<?xi32>, tensor<?xi32>) -> !attn.mask<1, 1>
  return
}

// -----

func.func @mask_c3_coordinates(%x: tensor<?xi32>) {
  // expected-error@+1 {{'attn.mask' op expected the map of 'a' over 3 coordinates, found 1}}
  %m = "attn.mask"(%x) <{
      bindingInfos = [#attn.binding<"a", load, (d0)[s0] -> (d0)>],
      coordinates = array<i64>, keyGrid = array<i64>,
      operandSegmentSizes = array<i32: 1, 0>, over = [], queryGrid = array<i64>}> ({
  ^entry(%a: index):
    %true = arith.constant true
    attn.yield %true : i1
  }) : (tensor<?xi32>) -> !attn.mask<1, 1>
  return
}

// -----

func.func @mask_c3_operands() {
  // expected-error@+1 {{'attn.mask' op expected an operand for 'a'}}
  %m = "attn.mask"() <{
      bindingInfos = [#attn.binding<"a", load, (d0, d1, d2)[s0] -> (d0)>],
      coordinates = array<i64>, keyGrid = array<i64>,
      operandSegmentSizes = array<i32: 0, 0>, over = [], queryGrid = array<i64>}> ({
  ^entry(%a: index):
    %true = arith.constant true
    attn.yield %true : i1
  }) : () -> !attn.mask<1, 1>
  return
}

// -----

func.func @mask_c3_name(%x: index) {
  // expected-error@+1 {{'attn.mask' op the name 'j' is already in use}}
  %m = "attn.mask"(%x) <{
      bindingInfos = [#attn.binding<"j", scalar, (d0, d1, d2)[s0] -> ()>],
      coordinates = array<i64>, keyGrid = array<i64>,
      operandSegmentSizes = array<i32: 1, 0>, over = [], queryGrid = array<i64>}> ({
  ^entry(%a: index):
    %true = arith.constant true
    attn.yield %true : i1
  }) : (index) -> !attn.mask<1, 1>
  return
}

// -----

func.func @mask_c3_argument(%x: tensor<?xi32>) {
  // expected-error@+1 {{'attn.mask' op expected argument 0 of the predicate to be 'index', found 'i32'}}
  %m = "attn.mask"(%x) <{
      bindingInfos = [#attn.binding<"a", load, (d0, d1, d2)[s0] -> (d0)>],
      coordinates = array<i64>, keyGrid = array<i64>,
      operandSegmentSizes = array<i32: 1, 0>, over = [], queryGrid = array<i64>}> ({
  ^entry(%a: i32):
    %true = arith.constant true
    attn.yield %true : i1
  }) : (tensor<?xi32>) -> !attn.mask<1, 1>
  return
}

// -----

func.func @any_c3_count(%count: tensor<?x?xi32>) {
  // expected-error@+1 {{'attn.mask.any' op expected 2 positions for the count of type 'tensor<?x?xi32>', found 1}}
  %m = attn.mask.any (s < %count[i] : tensor<?x?xi32>) [i, s] where { i < s }
  return
}

// -----

func.func @any_c3_entry(%count: tensor<?xi32>) {
  // expected-error@+1 {{'attn.mask.any' op the count must not depend on the entry 's'}}
  %m = attn.mask.any (s < %count[s] : tensor<?xi32>) [i, s] where { i < s }
  return
}

// -----

func.func @any_c3_float(%count: tensor<?xf32>) {
  // expected-error@+1 {{'attn.mask.any' op expected the count to be read from a tensor of integers, found 'tensor<?xf32>'}}
  %m = attn.mask.any (s < %count[i] : tensor<?xf32>) [i, s] where { i < s }
  return
}

// -----

func.func @any_c4() {
  // expected-error@+1 {{'attn.mask.any' op expected a name of the entry that is not in use, found 'j'}}
  %m = attn.mask.any (j < 3) [i] where { i < 4 }
  return
}

// -----

func.func @any_kind() {
  // expected-error@+1 {{'attn.mask.any' op expected the count to be a number or an operand}}
  %m = "attn.mask.any"() <{bindingInfos = [], coordinates = array<i64>,
      countInfo = #attn.binding<"s", scalar, (d0, d1, d2, d3) -> ()>,
      keyGrid = array<i64>, operandSegmentSizes = array<i32: 0, 0, 0>, over = [],
      queryGrid = array<i64>}> ({
    %true = arith.constant true
    attn.yield %true : i1
  }) : () -> !attn.mask<1, 1>
  return
}

// -----

func.func @any_expression() {
  // expected-error@+1 {{'attn.mask.any' op expected one expression for the count}}
  %m = "attn.mask.any"() <{bindingInfos = [], coordinates = array<i64>,
      countInfo = #attn.binding<"s", index, (d0, d1, d2, d3) -> ()>,
      keyGrid = array<i64>, operandSegmentSizes = array<i32: 0, 0, 0>, over = [],
      queryGrid = array<i64>}> ({
    %true = arith.constant true
    attn.yield %true : i1
  }) : () -> !attn.mask<1, 1>
  return
}

// -----

func.func @and_c1(%a: !attn.mask<1, 1>, %b: !attn.mask<1, 2>) {
  // expected-error@+1 {{expected masks of equal ranks, found '!attn.mask<1, 1>' and '!attn.mask<1, 2>'}}
  %m = attn.mask.and %a, %b : !attn.mask<1, 1>, !attn.mask<1, 2>
  return
}

// -----

func.func @or_c1(%a: !attn.mask<1, 1, over = 1>, %b: !attn.mask<1, 1, over = 2>) {
  // expected-error@+1 {{expected masks over equally many batch coordinates, found 1 and 2}}
  %m = attn.mask.or %a, %b : !attn.mask<1, 1, over = 1>, !attn.mask<1, 1, over = 2>
  return
}

// -----

func.func @offset_c1(%a: !attn.mask<2, 2>, %d: index) {
  // expected-error@+1 {{'attn.mask.offset' op expected a mask over tokens in a line, found '!attn.mask<2, 2>'}}
  %m = attn.mask.offset %a q(%d) : !attn.mask<2, 2>
  return
}

// -----

func.func @piecewise_c1(%n: index) {
  // expected-error@+1 {{expected 2 pieces in a row, found 1}}
  %m = attn.mask.piecewise i(%n, %n) j(%n, %n) [[full], [empty, full, full]]
  return
}

// -----

func.func @piecewise_c1_rows(%n: index) {
  // expected-error@+1 {{'attn.mask.piecewise' op expected 2 x 1 pieces, found 1}}
  %m = attn.mask.piecewise i(%n, %n) j(%n) [[full]]
  return
}

// -----

func.func @piecewise_c1_number(%n: index) {
  // expected-error@+1 {{'attn.mask.piecewise' op expected 1 masks as pieces, found 0}}
  %m = "attn.mask.piecewise"(%n, %n) <{layout = array<i64: 0>,
      operandSegmentSizes = array<i32: 0, 1, 1>}> : (index, index) -> !attn.mask<1, 1>
  return
}

// -----

func.func @piecewise_c1_order(%a: !attn.mask<1, 1>, %n: index) {
  // expected-error@+1 {{'attn.mask.piecewise' op expected piece 0 of the list, found 1}}
  %m = "attn.mask.piecewise"(%a, %a, %n, %n, %n) <{layout = array<i64: 1, 0>,
      operandSegmentSizes = array<i32: 2, 1, 2>}>
      : (!attn.mask<1, 1>, !attn.mask<1, 1>, index, index, index) -> !attn.mask<1, 1>
  return
}

// -----

func.func @piecewise_c2(%a: !attn.mask<1, 1, over = 1>, %b: !attn.mask<1, 1, over = 2>, %n: index) {
  // expected-error@+1 {{'attn.mask.piecewise' op expected pieces over equally many batch coordinates, found 1 and 2}}
  %m = attn.mask.piecewise i(%n) j(%n, %n) [[%a, %b]]
    : !attn.mask<1, 1, over = 1>, !attn.mask<1, 1, over = 2>
  return
}

// -----

func.func @sliding_c1(%w: index) {
  // expected-error@+1 {{'attn.mask.sliding' op expected either a number or a value as window}}
  %m = "attn.mask.sliding"(%w) <{staticWindow = 3 : i64}> : (index) -> !attn.mask<1, 1>
  return
}

// -----

func.func @sliding_c2() {
  // expected-error@+1 {{'attn.mask.sliding' op expected a dilation of at least 1, found 0}}
  %m = attn.mask.sliding window(3) dilation(0)
  return
}

// -----

func.func @sliding_c2_negative() {
  // expected-error@+1 {{'attn.mask.sliding' op expected a dilation of at least 1, found -2}}
  %m = attn.mask.sliding window(3) dilation(-2)
  return
}

// -----

func.func @sliding_c2_sink() {
  // expected-error@+1 {{'attn.mask.sliding' op expected a sink that is not negative, found -1}}
  %m = attn.mask.sliding window(3) sink(-1)
  return
}

// -----

func.func @blocks_c1() {
  // expected-error@+1 {{'attn.mask.block_diagonal' op expected a block size of at least 1, found 0}}
  %m = attn.mask.block_diagonal size(0)
  return
}

// -----

func.func @blocks_c1_negative() {
  // expected-error@+1 {{'attn.mask.block_diagonal' op expected a block size of at least 1, found -3}}
  %m = attn.mask.block_diagonal size(-3)
  return
}

// -----

func.func @document_c1(%q: tensor<?x?xi32>, %k: tensor<?xi32>) {
  // expected-error@+1 {{'attn.mask.document' op expected ids of equal rank and element type, found 'tensor<?x?xi32>' and 'tensor<?xi32>'}}
  %m = attn.mask.document %q, %k : tensor<?x?xi32>, tensor<?xi32>
  return
}

// -----

func.func @neighborhood_c1() {
  // expected-error@+1 {{'attn.mask.neighborhood' op expected stride of 2 axes, as window has, found 1}}
  %m = attn.mask.neighborhood window [3, 3] stride [1] grid i(4, 5) j(4, 5)
  return
}

// -----

func.func @neighborhood_c1_axes() {
  // expected-error@+1 {{'attn.mask.neighborhood' op expected 1 to 3 axes, found 0}}
  %m = attn.mask.neighborhood grid i(4, 5) j(4, 5)
  return
}

// -----

func.func @neighborhood_c2_stride() {
  // expected-error@+1 {{'attn.mask.neighborhood' op expected 1 <= stride <= window on axis 1, found stride 4 and window 3}}
  %m = attn.mask.neighborhood window [3, 3] stride [1, 4] grid i(4, 5) j(4, 5)
  return
}

// -----

func.func @neighborhood_c2_dilation() {
  // expected-error@+1 {{'attn.mask.neighborhood' op expected a dilation of at least 1 on axis 0, found 0}}
  %m = attn.mask.neighborhood window [3] dilation [0] grid i(4) j(4)
  return
}

// -----

func.func @neighborhood_c2_extent() {
  // expected-error@+1 {{'attn.mask.neighborhood' op expected window * dilation <= extent on axis 0, found 3 * 2 > 5}}
  %m = attn.mask.neighborhood window [3] dilation [2] grid i(5) j(5)
  return
}

// -----

func.func @neighborhood_c3() {
  // expected-error@+1 {{'attn.mask.neighborhood' op expected equal grids of queries and keys}}
  %m = attn.mask.neighborhood window [3] grid i(4) j(5)
  return
}

// -----

// expected-error@+1 {{expected mask ranks from 1 to 3, found 4}}
func.func private @type(!attn.mask<4, 1>)

// -----

func.func @where_unlisted() {
  // expected-error@+1 {{coordinate 'i' is used but not listed}}
  %m = attn.mask [j] where { j <= i }
  return
}

// -----

func.func @where_comparison() {
  // expected-error@+1 {{expected one of <, <=, >, >=, ==}}
  %m = attn.mask where { j + 1 }
  return
}

// -----

func.func @yield_alone() {
  // expected-error@+1 {{'attn.yield' op expects parent op to be one of 'attn.attention, attn.map, attn.mask.any, attn.mask, attn.observe, attn.partial'}}
  attn.yield
}

// -----

func.func @mask_c4(%n: index) {
  // expected-error@+1 {{'attn.mask' op expected a grid of fewer than 2^62 tokens, found (?, 4294967296, 1073741824)}}
  %m = attn.mask grid i(%n, 4294967296, 1073741824) j(4, 4, 4) where { iy == jy }
  return
}

// -----

func.func @neighborhood_c4() {
  // expected-error@+1 {{'attn.mask.neighborhood' op expected a grid of fewer than 2^62 tokens, found (4294967296, 4294967296)}}
  %m = attn.mask.neighborhood window [3, 3] grid i(4294967296, 4294967296) j(4294967296, 4294967296)
  return
}

// -----

// One token fewer, and a grid without tokens, are legal.
func.func @mask_c4_limit() {
  %m = attn.mask grid i(4611686018427387903) j(4611686018427387904, 16, 0) where { ix == jy }
  return
}

// -----

func.func @document_c2(%ids: tensor<?x?xi32>) {
  // expected-error@+1 {{'attn.mask.document' op expected over of at least 1 with ids of rank 2, found 0 with 'tensor<?x?xi32>'}}
  %m = attn.mask.document %ids over 0 : tensor<?x?xi32>
  return
}

// -----

func.func @document_c2_rank(%ids: tensor<?xi32>) {
  // expected-error@+1 {{'attn.mask.document' op expected over of at least 1 with ids of rank 2, found 3 with 'tensor<?xi32>'}}
  %m = attn.mask.document %ids over 3 : tensor<?xi32>
  return
}
