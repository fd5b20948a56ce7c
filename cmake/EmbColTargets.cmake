# How the targets of embcol are made.

add_library(EmbColOptions INTERFACE)
target_include_directories(EmbColOptions INTERFACE
  "${PROJECT_SOURCE_DIR}/include" "${PROJECT_BINARY_DIR}/include")
target_compile_options(EmbColOptions INTERFACE -Wall -Wextra -Wno-unused-parameter)
if(EMBCOL_SANITIZERS)
  target_compile_options(EmbColOptions INTERFACE
    -fsanitize=${EMBCOL_SANITIZERS} -fno-omit-frame-pointer -fno-sanitize-recover=all
    # Code compiled at run time has no type information for these.
    -fno-sanitize=function,vptr)
  target_link_options(EmbColOptions INTERFACE -fsanitize=${EMBCOL_SANITIZERS})
endif()

# LLVM's headers, without warnings of their own, and its two shared libraries.
add_library(EmbColMLIR INTERFACE)
target_include_directories(EmbColMLIR SYSTEM INTERFACE
  ${LLVM_INCLUDE_DIRS} ${MLIR_INCLUDE_DIRS})
target_compile_definitions(EmbColMLIR INTERFACE ${LLVM_DEFINITIONS_LIST})
target_link_libraries(EmbColMLIR INTERFACE MLIR LLVM)

# embcol_add_library(<name> <source>... [DEPENDS <target>...]
#                    [LINK_LIBS <library>...])
function(embcol_add_library name)
  cmake_parse_arguments(ARG "" "" "DEPENDS;LINK_LIBS" ${ARGN})
  add_library(${name} STATIC ${ARG_UNPARSED_ARGUMENTS})
  target_link_libraries(${name} PUBLIC EmbColOptions ${ARG_LINK_LIBS})
  if(ARG_DEPENDS)
    add_dependencies(${name} ${ARG_DEPENDS})
  endif()
endfunction()

# embcol_add_tool(<name> <source>... LINK_LIBS <library>...)
function(embcol_add_tool name)
  cmake_parse_arguments(ARG "" "" "LINK_LIBS" ${ARGN})
  add_executable(${name} ${ARG_UNPARSED_ARGUMENTS})
  target_link_libraries(${name} PRIVATE EmbColOptions ${ARG_LINK_LIBS})
  set_target_properties(${name} PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bin")
endfunction()

# embcol_tablegen(<target> <td file> <output> <generator argument>...
#                 [<output> <generator argument>...]...)
# runs mlir-tblgen once an output; an argument that ends with .inc names one.
function(embcol_tablegen target source)
  set(LLVM_TARGET_DEFINITIONS ${source})
  set(output "")
  set(arguments "")
  foreach(argument IN LISTS ARGN)
    if(argument MATCHES "\\.inc$")
      if(output)
        mlir_tablegen(${output} ${arguments})
      endif()
      set(output ${argument})
      set(arguments "")
    else()
      list(APPEND arguments ${argument})
    endif()
  endforeach()
  mlir_tablegen(${output} ${arguments})
  add_public_tablegen_target(${target})
endfunction()

# embcol_add_test(<name> <source>... LINK_LIBS <library>...)
# makes an executable of GoogleTests, in test/unit.
function(embcol_add_test name)
  cmake_parse_arguments(ARG "" "" "LINK_LIBS" ${ARGN})
  add_executable(${name} ${ARG_UNPARSED_ARGUMENTS})
  target_link_libraries(${name} PRIVATE
    EmbColOptions ${ARG_LINK_LIBS} GTest::gmock_main)
  set_target_properties(${name} PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/test/unit")
  add_test(NAME ${name} COMMAND ${name})
endfunction()
