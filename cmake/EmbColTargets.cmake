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

# all_verify_interface_header_sets compiles each public header by itself.
set(CMAKE_VERIFY_INTERFACE_HEADER_SETS "${EMBCOL_BUILD_TESTS}")

# embcol_add_library(<name> <source>... [COMPONENT <component>]
#                    [HEADERS <header>...] [DEPENDS <target>...]
#                    [LINK_LIBS <library>...] [PRIVATE_LIBS <library>...])
# makes a static library of a component of the package, which is Compiler unless
# it says otherwise. Its headers are those of its folder in include/embcol, and
# HEADERS, relative to include. The package has EmbCol<X> as EmbCol::<X>.
function(embcol_add_library name)
  cmake_parse_arguments(ARG "" "COMPONENT"
    "HEADERS;DEPENDS;LINK_LIBS;PRIVATE_LIBS" ${ARGN})
  if(NOT ARG_COMPONENT)
    set(ARG_COMPONENT Compiler)
  endif()
  set(include "${PROJECT_SOURCE_DIR}/include")
  file(RELATIVE_PATH folder
    "${PROJECT_SOURCE_DIR}/lib" "${CMAKE_CURRENT_SOURCE_DIR}")
  file(GLOB headers CONFIGURE_DEPENDS "${include}/embcol/${folder}/*.h")
  list(TRANSFORM ARG_HEADERS PREPEND "${include}/")

  add_library(${name} STATIC ${ARG_UNPARSED_ARGUMENTS})
  target_sources(${name} PUBLIC FILE_SET HEADERS
    BASE_DIRS "${include}" FILES ${headers} ${ARG_HEADERS})
  target_compile_features(${name} PUBLIC cxx_std_17)
  target_link_libraries(${name}
    PUBLIC $<BUILD_INTERFACE:EmbColOptions> ${ARG_LINK_LIBS}
    PRIVATE ${ARG_PRIVATE_LIBS})
  if(ARG_DEPENDS)
    add_dependencies(${name} ${ARG_DEPENDS})
  endif()

  string(REGEX REPLACE "^EmbCol" "" exported "${name}")
  set_target_properties(${name} PROPERTIES EXPORT_NAME "${exported}")
  add_library(EmbCol::${exported} ALIAS ${name})
  install(TARGETS ${name} EXPORT EmbCol${ARG_COMPONENT}Targets
    ARCHIVE DESTINATION lib COMPONENT development
    FILE_SET HEADERS
      DESTINATION include COMPONENT development)
endfunction()

# embcol_add_tool(<name> <source>... [INSTALL_COMPONENT <component>]
#                 LINK_LIBS <library>...)
# makes a tool, which is installed with all others unless it says otherwise.
function(embcol_add_tool name)
  cmake_parse_arguments(ARG "" "INSTALL_COMPONENT" "LINK_LIBS" ${ARGN})
  if(NOT ARG_INSTALL_COMPONENT)
    set(ARG_INSTALL_COMPONENT tools)
  endif()
  add_executable(${name} ${ARG_UNPARSED_ARGUMENTS})
  target_link_libraries(${name} PRIVATE EmbColOptions ${ARG_LINK_LIBS})
  set_target_properties(${name} PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bin"
    INSTALL_RPATH "${LLVM_LIBRARY_DIR}")
  install(TARGETS ${name} EXPORT EmbColToolsTargets
    RUNTIME DESTINATION bin
    COMPONENT ${ARG_INSTALL_COMPONENT})
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
