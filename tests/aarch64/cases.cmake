# AArch64 guests (tests/foreign.cmake).
# runner_done stands at RUNNER_DONE_AT of aarch64/done.h.
foreign_rows(aarch64 40 "-O2 -Wl,--section-start=.runner_done=0x300000")
foreign_levels(aarch64 int_arith fp_math strings sorting control heap cxx_exceptions cxx_library)
set(bin ${foreign_bin}/aarch64)
set(qemu ${foreign_qemu}aarch64)
# What has no rounding of its own is the same on this machine.
foreach(name int_arith strings sorting control heap cxx_library)
  foreign_test(aarch64 ${name}-native ENGINES jit OPTIONS --native ${guest_bin}/${name}-O2
               COMMAND ${bin}/${name}-O2)
endforeach()
foreach(name int_arith fp_math cxx_exceptions)
  foreign_test(aarch64 ${name}-O2 ENGINES interp aarch64 OPTIONS --reference ${qemu}
               COMMAND ${bin}/${name}-O2)
endforeach()
foreach(name wide machine frame)
  foreign_program(aarch64 ${name} -O2 aarch64/${name}.c)
endforeach()
foreign_test(aarch64 wide ENGINES jit interp aarch64 OPTIONS --reference ${qemu} COMMAND ${bin}/wide)
foreign_test(aarch64 machine QUICK ENGINES jit interp aarch64 debug
             OPTIONS --reference "${qemu} -cpu max" COMMAND ${bin}/machine)
# A kernel's frames, of which qemu-user's differ.
foreign_test(aarch64 frame QUICK ENGINES jit interp aarch64
             OPTIONS --filter "^dragoman: " --expect ${CMAKE_CURRENT_SOURCE_DIR}/aarch64/frame.out
             COMMAND ${bin}/frame)
foreign_single(aarch64 QUICK ENGINES jit interp aarch64 OPTIONS --reference ${qemu}
               --filter "^(qemu|dragoman): " NAMES signals)
foreign_single(aarch64 ENGINES jit OPTIONS --reference ${qemu} NAMES cxx_regex)
foreign_single(aarch64 ENGINES jit OPTIONS --reference ${qemu} ARGUMENTS 10000 0 NAMES lost_signal)
foreign_single(aarch64 ENGINES jit OPTIONS --reference ${qemu} ARGUMENTS 200 NAMES many_threads)
foreign_single(aarch64 ENGINES jit OPTIONS --native ${guest_bin}/clone_forms NAMES clone_forms)
foreach(name files process)
  foreign_single(aarch64 ENGINES jit OPTIONS --native ${guest_bin}/${name} --filter "^dragoman: "
                 NAMES ${name})
endforeach()
foreign_exclusive(aarch64)
foreign_dependencies(aarch64)
foreign_strace(aarch64)
foreign_single(aarch64 ENGINES jit OPTIONS --native ${guest_bin}/fork_threads ARGUMENTS 50
               NAMES fork_threads)

set(suite ${DRAGOMAN_DEPS}/bookworm)
foreign_shells(aarch64 ${suite}-arm64/bin/busybox ${suite}-arm64/bin/bash-static
               ${suite}-amd64/bin/busybox ${suite}-amd64/bin/bash-static)

# Dynamic programs of Debian (tools/sysroot): scripts of tests/apps. The long ones are left to
# tools/test-apps.
foreach(name bash coreutils compress gcc git openssl perl python3 redis sqlite3)
  set(expected ${PROJECT_SOURCE_DIR}/tests/apps/${name}.out)
  if(EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/aarch64/${name}.out) # it tells of the machine
    set(expected ${CMAKE_CURRENT_SOURCE_DIR}/aarch64/${name}.out)
  endif()
  set(engines tiers)
  if(name MATCHES "^(bash|coreutils|compress|git|perl|python3|sqlite3)$")
    list(APPEND engines aarch64-tiers)
  endif()
  foreign_test(aarch64 apps-${name} ENGINES ${engines} TIMEOUT 600
               OPTIONS --sysroot ${DRAGOMAN_DEPS}/sysroot-arm64 --machine aarch64 --expect ${expected}
               COMMAND /usr/bin/bash ${PROJECT_SOURCE_DIR}/tests/apps/${name}.sh)
  foreach(engine ${engines})
    set_property(TEST a64/apps-${name}/${engine} APPEND PROPERTY LABELS apps)
    if(NOT "${name}/${engine}" MATCHES "^(perl|sqlite3)/tiers$")
      set_property(TEST a64/apps-${name}/${engine} APPEND PROPERTY LABELS slow)
    endif()
  endforeach()
endforeach()
