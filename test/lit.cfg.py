"""The lit suite: FileCheck tests of the dialect, its passes and its tools."""

import os

import lit.formats

config.name = "embcol"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".c", ".mlir", ".test"]
config.excludes = ["CMakeLists.txt", "EmbeddingCore", "Inputs", "utils"]
config.test_source_root = os.path.dirname(__file__)

# FileCheck, not, count and mlir-translate are those of the LLVM embcol is built
# with.
config.environment["PATH"] = os.pathsep.join(
    [
        config.embcol_tools_dir,
        os.path.join(config.embcol_build_dir, "test", "bin"),
        config.llvm_tools_dir,
        config.environment.get("PATH", ""),
    ]
)

# A stock mlir-opt has no sanitizers, and there is no plugin with them.
if config.sanitizers:
    config.excludes.append("Plugin")

if "ASAN_OPTIONS" in os.environ:
    config.environment["ASAN_OPTIONS"] = os.environ["ASAN_OPTIONS"]

config.substitutions.append(("%{source}", config.embcol_source_dir))
config.substitutions.append(("%{mlir_include}", config.mlir_include_dir))
config.substitutions.append(("%{python}", config.python_executable))
config.substitutions.append(("%{tools}", config.embcol_tools_dir))
config.substitutions.append(("%{plugin}", config.embcol_plugin))
config.substitutions.append(("%{build_dir}", config.embcol_build_dir))
config.substitutions.append(("%{cmake}", config.cmake))

# A C compiler, for programs that use what embcol-compile makes. Nothing else
# knows that these libraries need the sanitizers' runtime.
compiler = [config.c_compiler, "-std=c99", "-Wall", "-Wextra", "-Werror"]
if config.sanitizers:
    compiler.append("-fsanitize=" + config.sanitizers)
config.substitutions.append(("%{cc}", " ".join(compiler)))

# CMake, for projects that use what is installed.
sanitize = "-fsanitize=" + config.sanitizers if config.sanitizers else ""
configure = [config.cmake, "-G", "Ninja"] + [
    f'"-D{name}={value}"'
    for name, value in [
        ("CMAKE_C_COMPILER", config.c_compiler),
        ("CMAKE_CXX_COMPILER", config.cxx_compiler),
        ("CMAKE_CXX_COMPILER_LAUNCHER", config.cxx_launcher),
        ("CMAKE_CXX_FLAGS", sanitize),
        ("CMAKE_EXE_LINKER_FLAGS", config.linker_flags),
    ]
]
config.substitutions.append(("%{cmake-configure}", " ".join(configure)))
