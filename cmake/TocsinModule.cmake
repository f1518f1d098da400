# tocsin_module(NAME DEPENDS lower modules... LIBS libraries... APART sources...)
#
# One static library a folder of src/: every *.cpp in it but *_test.cpp. The tests of the folder
# (*_test.cpp, in the folder or in tests/unit/NAME) become one binary, tocsin_NAME_test. A module
# links only what it names, so a use of a higher floor or of a sibling fails to link; tools/tidy
# checks the includes. Sources are globbed so that no file can be forgotten.
#
# With TOCSIN_UNITY (the presets that ./test builds whole) eight sources are compiled as one: they
# share what takes the time, the templates of Asio and Boost.JSON, and a whole build takes half the
# time. Names in anonymous namespaces must then differ within a folder; where the same name is the
# right one in two files, one of them is named in APART and compiled alone.

file(WRITE ${CMAKE_BINARY_DIR}/pch_anchor.cpp "// Carries the precompiled header that all modules share.\n")
add_library(tocsin_pch OBJECT ${CMAKE_BINARY_DIR}/pch_anchor.cpp)
target_link_libraries(tocsin_pch PRIVATE tocsin_flags Boost::headers fmt::fmt OpenSSL::SSL)
target_precompile_headers(tocsin_pch PRIVATE ${CMAKE_SOURCE_DIR}/cmake/pch.h)
if(TOCSIN_TESTS)
  # The same and GoogleTest, for the unit tests.
  add_library(tocsin_test_pch OBJECT ${CMAKE_BINARY_DIR}/pch_anchor.cpp)
  target_link_libraries(tocsin_test_pch PRIVATE tocsin_flags Boost::headers fmt::fmt OpenSSL::SSL
    GTest::gmock)
  target_precompile_headers(tocsin_test_pch PRIVATE ${CMAKE_SOURCE_DIR}/cmake/pch.h
    <gmock/gmock.h> <gtest/gtest.h>)
endif()

function(tocsin_module name)
  cmake_parse_arguments(ARG "" "" "DEPENDS;LIBS;APART" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${name}/*.cpp ${CMAKE_SOURCE_DIR}/src/${name}/*/*.cpp)
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "_test\\.cpp$")
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
  file(GLOB more_tests CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/unit/${name}/*_test.cpp)
  list(APPEND tests ${more_tests})
  list(TRANSFORM ARG_DEPENDS PREPEND tocsin_)

  if(sources)
    add_library(tocsin_${name} STATIC ${sources})
    set(scope PUBLIC)
    target_precompile_headers(tocsin_${name} REUSE_FROM tocsin_pch)
    set_target_properties(tocsin_${name} PROPERTIES
      UNITY_BUILD ${TOCSIN_UNITY} UNITY_BUILD_BATCH_SIZE 8)
    list(TRANSFORM ARG_APART PREPEND ${CMAKE_SOURCE_DIR}/src/${name}/)
    set_source_files_properties(${ARG_APART} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
  else()
    add_library(tocsin_${name} INTERFACE)
    set(scope INTERFACE)
  endif()
  target_include_directories(tocsin_${name} ${scope} ${CMAKE_SOURCE_DIR}/src)
  target_link_libraries(tocsin_${name} ${scope}
    tocsin_flags ${ARG_DEPENDS} ${ARG_LIBS} Boost::headers fmt::fmt OpenSSL::SSL Threads::Threads)

  if(TOCSIN_TESTS AND tests)
    add_executable(tocsin_${name}_test ${tests})
    target_precompile_headers(tocsin_${name}_test REUSE_FROM tocsin_test_pch)
    target_link_libraries(tocsin_${name}_test PRIVATE tocsin_${name} GTest::gmock GTest::gtest_main)
    target_compile_definitions(tocsin_${name}_test PRIVATE
      TOCSIN_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
    set_property(GLOBAL APPEND PROPERTY TOCSIN_UNIT_TESTS tocsin_${name}_test)
  endif()
endfunction()
