# Each *.sh here is one case, run by Debian's bash-static (amd64, unmodified). On AArch64 as users run it, as
# those of tests/busybox.
file(GLOB cases CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/bash/*.sh)
foreach(case ${cases})
  get_filename_component(name ${case} NAME_WE)
  guest_test(bash/${name} ENGINES jit interp aarch64-tiers
             COMMAND ${DRAGOMAN_DEPS}/bookworm-amd64/bin/bash-static ${case})
endforeach()
