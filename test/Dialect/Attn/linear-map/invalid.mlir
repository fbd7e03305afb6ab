// RUN: attn-opt %s --split-input-file --verify-diagnostics

// Each constraint of attn.linear_map, broken once.

func.func @linear_map_c1() {
  // expected-error @+1 {{'attn.linear_map' op expected half_pixel with resize_bilinear, found pool_adaptive}}
  %0 = attn.linear_map pool_adaptive(6 -> 4) half_pixel
  return
}

// -----

func.func @linear_map_c2() {
  // expected-error @+1 {{'attn.linear_map' op expected at most 16777216 weights, found 8192 x 4096}}
  %0 = attn.linear_map resize_bilinear(4096 -> 8192)
  return
}

// -----

func.func @linear_map_positive() {
  // expected-error @+1 {{'attn.linear_map' op attribute 'from' failed to satisfy constraint: 64-bit signless integer attribute whose value is positive}}
  %0 = attn.linear_map resize_bilinear(0 -> 8)
  return
}
