// RUN: embcol-opt %s -split-input-file -convert-embcol-to-cpu -cse | FileCheck %s

// Narrow integers are extended by their sign.

// CHECK-LABEL: func.func @extend
// CHECK-SAME: (%[[U8:.*]]: tensor<?xi8>, %[[U8_SPLITS:.*]]: tensor<?xi64>, %[[S16:.*]]: tensor<?xi16>, %[[S16_SPLITS:.*]]: tensor<?xi64>)
// CHECK: %[[U8_IDS:.*]] = linalg.generic {{.*}} ins(%[[U8]] : tensor<?xi8>)
// CHECK: arith.extui %{{.*}} : i8 to i64
// CHECK: %[[S16_IDS:.*]] = linalg.generic {{.*}} ins(%[[S16]] : tensor<?xi16>)
// CHECK: arith.extsi %{{.*}} : i16 to i64
// CHECK: return %[[U8_IDS]], %[[U8_SPLITS]], %[[S16_IDS]], %[[S16_SPLITS]]
func.func @extend(%a: !embcol.ragged<ui8>, %b: !embcol.ragged<i16>)
    -> (!embcol.ragged<i64>, !embcol.ragged<i64>) {
  %0 = embcol.categorize #embcol.identity<key = "a", num_buckets = 24>(%a)
      : (!embcol.ragged<ui8>) -> !embcol.ragged<i64>
  %1 = embcol.categorize #embcol.identity<key = "b", num_buckets = 24>(%b)
      : (!embcol.ragged<i16>) -> !embcol.ragged<i64>
  return %0, %1 : !embcol.ragged<i64>, !embcol.ragged<i64>
}

// -----

// Without a default value i64 tokens are ids, in range or not: the lookup looks.

// CHECK-LABEL: func.func @no_default
// CHECK-SAME: (%[[TOKENS:.*]]: tensor<?xi64>, %[[SPLITS:.*]]: tensor<?xi64>)
// CHECK-NEXT: return %[[TOKENS]], %[[SPLITS]]
func.func @no_default(%a: !embcol.ragged<si64>) -> !embcol.ragged<i64> {
  %0 = embcol.categorize #embcol.identity<key = "a", num_buckets = 24>(%a)
      : (!embcol.ragged<si64>) -> !embcol.ragged<i64>
  return %0 : !embcol.ragged<i64>
}

// -----

// An unsigned comparison finds negative ids out of range too.

// CHECK-LABEL: func.func @default
// CHECK-SAME: (%[[TOKENS:.*]]: tensor<?xi64>, %[[INNER:.*]]: tensor<?xi64>, %[[OUTER:.*]]: tensor<?xi64>)
// CHECK-DAG: %[[NUM_BUCKETS:.*]] = arith.constant 24 : i64
// CHECK-DAG: %[[DEFAULT:.*]] = arith.constant 3 : i64
// CHECK: %[[IDS:.*]] = linalg.generic {{.*}} ins(%[[TOKENS]] : tensor<?xi64>)
// CHECK: ^bb0(%[[ID:.*]]: i64, %{{.*}}: i64):
// CHECK: %[[IS_BUCKET:.*]] = arith.cmpi ult, %[[ID]], %[[NUM_BUCKETS]]
// CHECK: %[[RESULT:.*]] = arith.select %[[IS_BUCKET]], %[[ID]], %[[DEFAULT]]
// CHECK: linalg.yield %[[RESULT]]
// CHECK: return %[[IDS]], %[[INNER]], %[[OUTER]]
func.func @default(%a: !embcol.ragged<i64, 2>) -> !embcol.ragged<i64, 2> {
  %0 = embcol.categorize #embcol.sequence_identity<
      key = "a", num_buckets = 24, default_value = 3>(%a)
      : (!embcol.ragged<i64, 2>) -> !embcol.ragged<i64, 2>
  return %0 : !embcol.ragged<i64, 2>
}

// -----

// CHECK: memref.global @carriers.vocabulary : memref<1xi8>
embcol.vocabulary @carriers : !embcol.string = ["AA", "B6"]

// Strings have one offset more than there are of them.

// CHECK-LABEL: func.func @strings
// CHECK-SAME: (%[[BYTES:.*]]: tensor<?xi8>, %[[OFFSETS:.*]]: tensor<?xi64>, %[[SPLITS:.*]]: tensor<?xi64>)
// CHECK: %[[VOCABULARY:.*]] = memref.get_global @carriers.vocabulary
// CHECK: %[[NUM_OFFSETS:.*]] = tensor.dim %[[OFFSETS]]
// CHECK: %[[ONE:.*]] = arith.constant 1 : index
// CHECK: %[[NUM_TOKENS:.*]] = arith.subi %[[NUM_OFFSETS]], %[[ONE]]
// CHECK-DAG: %[[BYTES_BUFFER:.*]] = bufferization.to_buffer %[[BYTES]] read_only
// CHECK-DAG: %[[OFFSETS_BUFFER:.*]] = bufferization.to_buffer %[[OFFSETS]] read_only
// CHECK-DAG: %[[IDS:.*]] = memref.alloc(%[[NUM_TOKENS]])
// CHECK-DAG: %[[VOCABULARY_CAST:.*]] = memref.cast %[[VOCABULARY]] :
// CHECK-DAG: %[[BYTES_CAST:.*]] = memref.cast %[[BYTES_BUFFER]] :
// CHECK-DAG: %[[OFFSETS_CAST:.*]] = memref.cast %[[OFFSETS_BUFFER]] :
// CHECK-DAG: %[[IDS_CAST:.*]] = memref.cast %[[IDS]] :
// CHECK: call @embcol_core_categorize_string(%[[VOCABULARY_CAST]], %[[BYTES_CAST]], %[[OFFSETS_CAST]], %[[IDS_CAST]])
// CHECK: %[[RESULT:.*]] = bufferization.to_tensor %[[IDS]] restrict writable
// CHECK: return %[[RESULT]], %[[SPLITS]]
func.func @strings(%a: !embcol.ragged<!embcol.string>) -> !embcol.ragged<i64> {
  %0 = embcol.categorize #embcol.vocabulary_list<key = "a", vocabulary = @carriers>(%a)
      : (!embcol.ragged<!embcol.string>) -> !embcol.ragged<i64>
  return %0 : !embcol.ragged<i64>
}

// -----

// A vocabulary is one global, however many columns have it. The weights of a
// weighted column stay out of it.

// CHECK-COUNT-1: memref.global @years.vocabulary
// CHECK-NOT: memref.global
embcol.vocabulary @years : i64 from "years.txt" size 2

// CHECK-LABEL: func.func @integers
// CHECK-SAME: (%[[TOKENS:.*]]: tensor<?xi32>,
// CHECK: %[[TOKENS_I64:.*]] = linalg.generic {{.*}} ins(%[[TOKENS]] : tensor<?xi32>)
// CHECK: arith.extui
// CHECK: %[[TOKENS_BUFFER:.*]] = bufferization.to_buffer %[[TOKENS_I64]] read_only
// CHECK: %[[TOKENS_CAST:.*]] = memref.cast %[[TOKENS_BUFFER]] :
// CHECK: call @embcol_core_categorize_integer(%{{.*}}, %[[TOKENS_CAST]], %{{.*}})
// CHECK: call @embcol_core_categorize_integer(
func.func @integers(%a: !embcol.ragged<ui32>, %b: !embcol.ragged<i64>)
    -> (!embcol.ragged<i64>, !embcol.ragged<i64>) {
  %0 = embcol.categorize #embcol.vocabulary_file<key = "a", vocabulary = @years>(%a)
      : (!embcol.ragged<ui32>) -> !embcol.ragged<i64>
  %1 = embcol.categorize #embcol.weighted<
      categorical = #embcol.vocabulary_file<key = "b", vocabulary = @years>,
      weight_key = "share">(%b)
      : (!embcol.ragged<i64>) -> !embcol.ragged<i64>
  return %0, %1 : !embcol.ragged<i64>, !embcol.ragged<i64>
}
