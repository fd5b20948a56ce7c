# Finds LLVM and MLIR 22, linked as the shared libraries `LLVM` and `MLIR`, and
# the libraries of the runtime.

find_program(LLVM_CONFIG NAMES llvm-config-22 REQUIRED)
execute_process(COMMAND "${LLVM_CONFIG}" --prefix
  OUTPUT_VARIABLE LLVM_PREFIX OUTPUT_STRIP_TRAILING_WHITESPACE
  COMMAND_ERROR_IS_FATAL ANY)
find_package(MLIR REQUIRED CONFIG HINTS "${LLVM_PREFIX}/lib/cmake/mlir")
if(NOT LLVM_VERSION_MAJOR EQUAL 22)
  message(FATAL_ERROR "embcol needs LLVM and MLIR 22, found ${LLVM_VERSION}")
endif()
find_package(absl REQUIRED)
find_package(TBB REQUIRED)
find_package(nlohmann_json REQUIRED)
if(EMBCOL_BUILD_TESTS)
  find_package(GTest REQUIRED)
endif()
# Debian's own package configuration of libzip asks for tools that it does not
# install.
find_package(PkgConfig REQUIRED)
pkg_check_modules(LIBZIP REQUIRED IMPORTED_TARGET libzip)
# With what the libraries that embcol-compile makes are linked.
pkg_check_modules(EMBCOL_SERVING REQUIRED
  absl_cord absl_flat_hash_map absl_status absl_statusor absl_strings tbb)
find_package(FarmHash REQUIRED)

list(APPEND CMAKE_MODULE_PATH "${MLIR_CMAKE_DIR}" "${LLVM_CMAKE_DIR}")
include(TableGen)
include(AddLLVM)
include(AddMLIR)
include(EmbColMLIR)
