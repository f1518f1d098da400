# What is installed, and the Debian package: deploy/package, or `cpack -G DEB` in a release build.
include(GNUInstallDirs)
set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY ON)

# Debian wants them compressed, and the same bytes from the same sources.
function(tocsin_install_compressed source name destination)
  file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/package)
  execute_process(COMMAND gzip -9nc ${source}
    OUTPUT_FILE ${CMAKE_BINARY_DIR}/package/${name} COMMAND_ERROR_IS_FATAL ANY)
  install(FILES ${CMAKE_BINARY_DIR}/package/${name} DESTINATION ${destination})
endfunction()

set(docs ${CMAKE_INSTALL_DATADIR}/doc/tocsin)
install(TARGETS tocsin RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(FILES deploy/systemd/tocsin.service deploy/systemd/tocsin@.service
  DESTINATION lib/systemd/system)
install(FILES deploy/systemd/sysusers.conf DESTINATION lib/sysusers.d RENAME tocsin.conf)
install(FILES deploy/debian/copyright DESTINATION ${docs})
install(FILES README.md docs/OPERATING.md docs/POSTGRESQL.md docs/SHAPING.md docs/MX.md
  docs/SURFACES.md DESTINATION ${docs} OPTIONAL)
install(FILES deploy/tocsin.toml DESTINATION ${docs}/examples)
tocsin_install_compressed(${CMAKE_SOURCE_DIR}/deploy/tocsin.1 tocsin.1.gz
  ${CMAKE_INSTALL_MANDIR}/man1)
tocsin_install_compressed(${CMAKE_SOURCE_DIR}/CHANGELOG.md changelog.gz ${docs})

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME tocsin)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT "The Tocsin authors <tocsin@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "breaking-news alerts by email, with proof of who got them")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
"Sign-up box, consent ledger, desk, approval, delivery and a ledger of every
 recipient, in one program with an embedded database or on PostgreSQL.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION mail)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "systemd | systemd-sysusers, ca-certificates, tzdata")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "postgresql")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${CMAKE_SOURCE_DIR}/deploy/debian/postinst
  ${CMAKE_SOURCE_DIR}/deploy/debian/prerm ${CMAKE_SOURCE_DIR}/deploy/debian/postrm)
include(CPack)
