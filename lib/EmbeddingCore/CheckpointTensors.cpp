//===- CheckpointTensors.cpp - What a checkpoint has of a core ------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CheckpointTensors.h"

#include "absl/strings/str_cat.h"

#include <algorithm>
#include <iterator>

using namespace embcol;
using namespace embcol::detail;

static constexpr Dtype f32{"F32", 4}, bf16{"BF16", 2}, f16{"F16", 2},
    u8{"U8", 1};

static const Dtype *getDtype(RowType type) {
  switch (type) {
  case RowType::F32:
    return &f32;
  case RowType::BF16:
    return &bf16;
  case RowType::F16:
    return &f16;
  case RowType::I8:
  case RowType::I4:
    return &u8;
  }
  __builtin_unreachable();
}

const Dtype *detail::parseDtype(absl::string_view name) {
  for (const Dtype *type : {&f32, &bf16, &f16, &u8})
    if (type->name == name)
      return type;
  return nullptr;
}

/// Appends a matrix that has a row for each of the table's: whole, or by
/// partitions, whose names tell the strategy.
static void appendTensors(std::vector<Tensor> &tensors, const Table &table,
                          const Tensor &whole) {
  const Partition &partition = table.spec().partition;
  if (partition.numPartitions == 1)
    return tensors.push_back(whole);
  const char *strategy =
      partition.strategy == PartitionStrategy::Div ? "div" : "mod";
  for (int64_t p = 0; p < partition.numPartitions; ++p) {
    int64_t start = table.partitionStart(p);
    Tensor part = whole;
    part.name = absl::StrCat(whole.name, "/", strategy, "_", p, "_of_",
                             partition.numPartitions);
    part.data = whole.data ? whole.row(start) : nullptr;
    part.rows = table.partitionStart(p + 1) - start;
    tensors.push_back(std::move(part));
  }
}

std::vector<Tensor> detail::rowsOf(const Table &table) {
  std::vector<Tensor> tensors;
  appendTensors(tensors, table,
                {table.name(), getDtype(table.rowType()), table.rowData(),
                 table.numRows(), table.rowWidth(), table.rowWidth()});
  return tensors;
}

std::vector<Tensor> detail::tensorsOf(const EmbeddingCore &core) {
  std::vector<Tensor> tensors;
  for (const std::unique_ptr<Table> &table : core.tables()) {
    for (Tensor &rows : rowsOf(*table))
      tensors.push_back(std::move(rows));
    const std::vector<SlotSpec> &slots = table->spec().slots;
    for (size_t slot = 0; slot < slots.size(); ++slot)
      appendTensors(tensors, *table,
                    {absl::StrCat(table->name(), "/", slots[slot].name), &f32,
                     table->slots() + table->slotOffset(slot), table->numRows(),
                     slots[slot].width, table->slotWidth()});
  }
  // Narrow ones come last, so that all are aligned.
  std::vector<Tensor> aligned;
  for (int64_t numBytes : {4, 2, 1})
    std::copy_if(tensors.begin(), tensors.end(), std::back_inserter(aligned),
                 [&](const Tensor &tensor) {
                   return tensor.type->numBytes == numBytes;
                 });
  uint64_t offset = 0;
  for (Tensor &tensor : aligned) {
    tensor.offset = offset;
    offset += tensor.numBytes();
  }
  return aligned;
}
