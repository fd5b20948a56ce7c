# Makes targets of MLIR, once that is found. Part of the package, too, so that the
# targets that are installed name no folder of LLVM's.
#
# EmbCol::MLIR: LLVM's headers, without warnings of their own, and its two shared
# libraries.
# EmbCol::MLIRCAPI: MLIR's C API, as archives that refer to the shared library. What
# MLIR calls by their names is linked with all of MLIR in archives, which would be a
# second MLIR in the process.

if(NOT TARGET EmbCol::MLIR)
  add_library(EmbCol::MLIR INTERFACE IMPORTED)
  set_target_properties(EmbCol::MLIR PROPERTIES
    INTERFACE_INCLUDE_DIRECTORIES "${LLVM_INCLUDE_DIRS};${MLIR_INCLUDE_DIRS}"
    INTERFACE_LINK_LIBRARIES "MLIR;LLVM")

  get_property(archives GLOBAL PROPERTY MLIR_UPSTREAM_CAPI_LIBS)
  list(TRANSFORM archives REPLACE "(.+)" "$<TARGET_FILE:\\1>")
  add_library(EmbCol::MLIRCAPI INTERFACE IMPORTED)
  set_target_properties(EmbCol::MLIRCAPI PROPERTIES
    INTERFACE_LINK_LIBRARIES "${archives};EmbCol::MLIR")
endif()
