// What a program has of the runtime alone.

#include "embcol/EmbeddingCore/EmbeddingCore.h"

#include <cstdio>

int main() {
  embcol::EmbeddingCore core(/*seed=*/1);
  embcol::TableSpec table{"hour", 24, 4, embcol::ConstantInitializer{0.5f}, {}};
  absl::Status status = core.addTable(table);
  std::printf("%s, %zu table\n", status.ToString().c_str(),
              core.tables().size());
  status = core.addTable(table);
  std::printf("%s\n", status.ToString().c_str());
}
