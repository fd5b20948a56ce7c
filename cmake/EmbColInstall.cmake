# Installs the package that find_package(EmbCol) finds. Libraries, their headers and
# the tools are installed where they are made, by EmbColTargets.cmake.

include(CMakePackageConfigHelpers)

# .td files, and what mlir-tblgen made of them.
install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/embcol"
  DESTINATION include COMPONENT development
  FILES_MATCHING PATTERN "*.td")
install(DIRECTORY "${PROJECT_BINARY_DIR}/include/embcol"
  DESTINATION include COMPONENT development
  FILES_MATCHING PATTERN "*.inc" PATTERN CMakeFiles EXCLUDE)

set(EMBCOL_COMPONENTS Runtime Serving Dialect Compiler CAPI Tools)
set(EMBCOL_INCLUDE_DIR include)
configure_package_config_file(
  "${PROJECT_SOURCE_DIR}/cmake/EmbColConfig.cmake.in"
  "${PROJECT_BINARY_DIR}/cmake/EmbColConfig.cmake"
  INSTALL_DESTINATION lib/cmake/embcol
  PATH_VARS EMBCOL_INCLUDE_DIR
  NO_CHECK_REQUIRED_COMPONENTS_MACRO)
write_basic_package_version_file(
  "${PROJECT_BINARY_DIR}/cmake/EmbColConfigVersion.cmake"
  COMPATIBILITY SameMinorVersion)
install(FILES
  "${PROJECT_BINARY_DIR}/cmake/EmbColConfig.cmake"
  "${PROJECT_BINARY_DIR}/cmake/EmbColConfigVersion.cmake"
  "${PROJECT_SOURCE_DIR}/cmake/EmbColMLIR.cmake"
  "${PROJECT_SOURCE_DIR}/cmake/FindFarmHash.cmake"
  DESTINATION lib/cmake/embcol COMPONENT development)
foreach(component IN LISTS EMBCOL_COMPONENTS)
  install(EXPORT EmbCol${component}Targets NAMESPACE EmbCol::
    DESTINATION lib/cmake/embcol COMPONENT development)
endforeach()
