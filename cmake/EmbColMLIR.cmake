# Makes EmbCol::MLIR, once MLIR is found: LLVM's headers, without warnings of their
# own, and its two shared libraries. Part of the package, too, so that the targets
# that are installed name no folder of LLVM's.

if(NOT TARGET EmbCol::MLIR)
  add_library(EmbCol::MLIR INTERFACE IMPORTED)
  set_target_properties(EmbCol::MLIR PROPERTIES
    INTERFACE_INCLUDE_DIRECTORIES "${LLVM_INCLUDE_DIRS};${MLIR_INCLUDE_DIRS}"
    INTERFACE_LINK_LIBRARIES "MLIR;LLVM")
endif()
