# Compiler and linker flags of every target: warnings are errors, release builds are hardened.
add_library(tocsin_flags INTERFACE)
target_compile_options(tocsin_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Wimplicit-fallthrough -Werror
  -fPIE -fno-omit-frame-pointer
  # Some libraries ask for -pthread; everything that shares the precompiled header must agree on it.
  $<$<COMPILE_LANGUAGE:CXX>:-pthread>)
target_compile_definitions(tocsin_flags INTERFACE
  BOOST_ASIO_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED BOOST_BEAST_SEPARATE_COMPILATION
  BOOST_ASIO_DISABLE_BOOST_DATE_TIME)
target_link_options(tocsin_flags INTERFACE -fuse-ld=lld -pie)

# One setting for libraries and programs, so that they can share one precompiled header.
set(CMAKE_POSITION_INDEPENDENT_CODE OFF)
set(CMAKE_CXX_FLAGS_DEBUG "-O0 -g1")
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1")
set(CMAKE_C_FLAGS_RELEASE "-O2 -g1")

if(CMAKE_BUILD_TYPE STREQUAL "Release")
  target_compile_options(tocsin_flags INTERFACE -fstack-protector-strong -fstack-clash-protection
    -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -fcf-protection=full)
  target_link_options(tocsin_flags INTERFACE -Wl,-z,relro,-z,now -Wl,-z,noexecstack)
endif()
target_compile_definitions(tocsin_flags INTERFACE _GLIBCXX_ASSERTIONS)

if(TOCSIN_SANITIZE)
  target_compile_options(tocsin_flags INTERFACE
    -fsanitize=${TOCSIN_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(tocsin_flags INTERFACE -fsanitize=${TOCSIN_SANITIZE})
endif()
if(TOCSIN_FUZZ)
  target_compile_options(tocsin_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()

find_program(TOCSIN_CCACHE ccache)
if(TOCSIN_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER
    ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${TOCSIN_CCACHE})
  # ccache can keep objects built on a precompiled header only when the header has no time stamp in it.
  target_compile_options(tocsin_flags INTERFACE "$<$<COMPILE_LANG_AND_ID:CXX,Clang>:SHELL:-Xclang -fno-pch-timestamp>")
endif()
