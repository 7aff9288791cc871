# Each *.sh here is one case, run by Debian's busybox-static (amd64, unmodified) as its ash. On
# AArch64 as users run it: so many short processes would translate mostly what runs once.
set(busybox ${DRAGOMAN_DEPS}/bookworm-amd64/bin/busybox)
file(GLOB cases CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/busybox/*.sh)
foreach(case ${cases})
  get_filename_component(name ${case} NAME_WE)
  guest_test(busybox/${name} ENGINES jit interp aarch64-tiers COMMAND ${busybox} ash ${case} ${busybox})
endforeach()
