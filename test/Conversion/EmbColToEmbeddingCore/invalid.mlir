// RUN: embcol-opt %s -split-input-file -verify-diagnostics -convert-embcol-to-embedding-core

module {
  // (module-C8)
  // expected-error@below {{expected no module within a module: each is compiled on its own}}
  module @inner {}
}

// -----

// (module-C7)
// expected-error@below {{expected no name that begins with 'embcol_', which lowered code uses}}
func.func @embcol_core_add_lookup() {
  return
}

// -----

// (module-C7)
// expected-error@below {{expected no name that begins with 'embcol_', which lowered code uses}}
embcol.table @embcol_hours : tensor<24x4xf32>
