// RUN: embcol-opt %s -split-input-file -verify-diagnostics

// (table-C1)
// expected-error@below {{'embcol.table' op expected a positive number of rows and a positive dimension, found 'tensor<?x4xf32>'}}
embcol.table @t : tensor<?x4xf32>

// -----

// (table-C1)
// expected-error@below {{expected a positive number of rows and a positive dimension, found 'tensor<0x4xf32>'}}
embcol.table @t : tensor<0x4xf32>

// -----

// (table-C1)
// expected-error@below {{expected a positive number of rows and a positive dimension, found 'tensor<24x0xf32>'}}
embcol.table @t : tensor<24x0xf32>

// -----

// (table-C1)
// expected-error@below {{attribute 'type' failed to satisfy constraint: type attribute of 2D tensor of 32-bit float or bfloat16 type or 16-bit float or quantized weight values}}
embcol.table @t : tensor<24x4xf64>

// -----

// (initializer-C4)
// expected-error@below {{attribute 'initializer' failed to satisfy constraint}}
embcol.table @t : tensor<24x4xf32> {initializer = #embcol.sgd<learning_rate = 0.1>}

// -----

// (optimizer-C2)
// expected-error@below {{attribute 'optimizer' failed to satisfy constraint}}
embcol.table @t : tensor<24x4xf32> {optimizer = #embcol.supplied}

// -----

// (table-C2)
// expected-error@below {{'embcol.table' op expected @decay to name a function}}
embcol.table @t : tensor<24x4xf32> {learning_rate = @decay}

// -----

// expected-note@below {{the function is here}}
func.func private @decay(i32) -> f32
// (table-C2)
// expected-error@below {{expected a learning-rate function of type '(i64) -> f32', found '(i32) -> f32'}}
embcol.table @t : tensor<24x4xf32> {learning_rate = @decay}

// -----

// (table-C3)
// expected-error@below {{'embcol.table' op expected an optimizer with optimizer_options, found #embcol.optimizer_options<clip_weight_max = 1.000000e+00> alone}}
embcol.table @t : tensor<24x4xf32> {optimizer_options = #embcol.optimizer_options<clip_weight_max = 1.0>}

// -----

// (table-C6)
// expected-error@below {{'embcol.table' op expected use_gradient_accumulation with an optimizer that updates all rows, found #embcol.optimizer_options<use_gradient_accumulation = false> and #embcol.adam<}}
embcol.table @t : tensor<24x4xf32> {
  optimizer = #embcol.adam<learning_rate = 0.1, beta_1 = 0.9, beta_2 = 0.99, epsilon = 0.1, lazy_adam = false>,
  optimizer_options = #embcol.optimizer_options<use_gradient_accumulation = false>}

// -----

// (table-C7)
// expected-error@below {{'embcol.table' op expected stochastic_rounding with rows of bf16 or f16, found 'f32'}}
embcol.table @t : tensor<24x4xf32> {stochastic_rounding}

// -----

// (table-C7)
// expected-error@below {{'embcol.table' op expected stochastic_rounding with rows of bf16 or f16, found '!embcol.quantized<i8>'}}
embcol.table @t : tensor<24x4x!embcol.quantized<i8>> {stochastic_rounding}

// -----

// (table-C8)
// expected-error@below {{'embcol.table' op expected initial values of @t in the range of 'f16', found up to 6.552000e+04}}
embcol.table @t : tensor<24x4xf16> {initializer = #embcol.constant<value = -65520.0>}

// -----

// (table-C8)
// expected-error@below {{expected initial values of @t in the range of 'f16', found up to 7.000000e+04}}
embcol.table @t : tensor<24x4xf16> {initializer = #embcol.uniform<minval = -7.0e4, maxval = 1.0>}

// -----

// (table-C8)
// expected-error@below {{expected initial values of @t in the range of 'bf16', found up to 3.400000e+38}}
embcol.table @t : tensor<24x4xbf16> {initializer = #embcol.uniform<minval = 0.0, maxval = 3.4e38>}

// -----

// (table-C8)
// expected-error@below {{expected initial values of @t in the range of 'f32', found up to 5.000000e+38}}
embcol.table @t : tensor<24x4xf32> {initializer = #embcol.truncated_normal<mean = -1.0e38, stddev = 2.0e38>}

// -----

// The bias of a row is an f16.

// (table-C8)
// expected-error@below {{expected initial values of @t in the range of 'f16', found up to 7.000000e+04}}
embcol.table @t : tensor<24x4x!embcol.quantized<i4>> {initializer = #embcol.constant<value = 7.0e4>}

// -----

// (table-C9)
// expected-error@below {{expected storage of i8 or i4, found 'i16'}}
embcol.table @t : tensor<24x4x!embcol.quantized<i16>>

// -----

// (table-C9)
// expected-error@below {{expected storage of i8 or i4, found 'ui8'}}
embcol.table @t : tensor<24x4x!embcol.quantized<ui8>>

// -----

// (table-C10)
// expected-error@below {{'embcol.table' op expected no optimizer with rows of '!embcol.quantized<i8>', found #embcol.sgd<}}
embcol.table @t : tensor<24x4x!embcol.quantized<i8>> {optimizer = #embcol.sgd<learning_rate = 0.1>}

// -----

// (module-C6)
// expected-error@below {{'embcol.table' op expected a name that is not empty, and without zero bytes, found ""}}
embcol.table @"" : tensor<24x4xf32>

// -----

// (module-C6)
// expected-error@below {{expected a name that is not empty, and without zero bytes, found "a\00b"}}
embcol.table @"a\00b" : tensor<24x4xf32>

// -----

func.func @f() {
  // (module-C4)
  // expected-error@below {{'embcol.table' op expects parent op 'builtin.module'}}
  embcol.table @t : tensor<24x4xf32>
  return
}

// -----

// expected-note@below {{see existing symbol definition here}}
embcol.table @t : tensor<24x4xf32>
// (module-C5)
// expected-error@below {{redefinition of symbol named 't'}}
embcol.table @t : tensor<24x4xf32>
