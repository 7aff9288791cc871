# RISC-V guests: random instructions and programs of our own, compared with qemu-riscv64, and Debian's
# busybox, compared with the same version for this machine.
find_program(RISCV64_CC NAMES riscv64-linux-gnu-gcc REQUIRED)
find_program(RISCV64_CXX NAMES riscv64-linux-gnu-g++ REQUIRED)
set(riscv64_bin ${CMAKE_CURRENT_BINARY_DIR}/riscv64)
set(qemu_riscv64 ${DRAGOMAN_DEPS}/trixie-amd64/usr/bin/qemu-riscv64)

add_executable(riscv64-generate riscv64/generate.c)
target_link_libraries(riscv64-generate PRIVATE dragoman_runtime)

# build_riscv64(OUTPUT SOURCE FLAG...): a static program out of tests/SOURCE.
function(build_riscv64 output source)
  set(path ${PROJECT_SOURCE_DIR}/tests/${source})
  set(compiler ${RISCV64_CC})
  if(source MATCHES "\\.cc$")
    set(compiler ${RISCV64_CXX})
  endif()
  add_custom_command(OUTPUT ${riscv64_bin}/${output}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${riscv64_bin}
    COMMAND ${compiler} -Wall -Werror -D_GNU_SOURCE -frounding-math -pthread -static
            -I${PROJECT_SOURCE_DIR} ${ARGN} -o ${riscv64_bin}/${output} ${path} -lm
    DEPENDS ${path} ${PROJECT_SOURCE_DIR}/tests/guest/guest.h
            ${PROJECT_SOURCE_DIR}/tests/riscv64/case.h VERBATIM)
  set_property(GLOBAL APPEND PROPERTY riscv64_programs ${riscv64_bin}/${output})
endfunction()

# The instruction runner's registers are not the ABI's: none of its code may rely on gp.
build_riscv64(runner riscv64/runner.c -O2 -Wl,--no-relax)
foreach(engine jit interp aarch64)
  add_test(NAME riscv64/insn/${engine}
           COMMAND python3 ${CMAKE_CURRENT_SOURCE_DIR}/riscv64/check.py ${engine}
                   $<TARGET_FILE:riscv64-generate> ${riscv64_bin}/runner)
  string(REGEX REPLACE "-.*" "" kind ${engine})
  set_tests_properties(riscv64/insn/${engine} PROPERTIES TIMEOUT 400
                       LABELS "$<IF:$<STREQUAL:${engine},jit>,quick,full>;${kind}")
endforeach()

# The portable ones of the guest programs.
set(compared OPTIONS --reference ${qemu_riscv64})
foreach(name int_arith fp_math strings sorting control heap cxx_exceptions cxx_library)
  set(source guest/${name}.c)
  if(name MATCHES "^cxx_")
    set(source guest/${name}.cc)
  endif()
  foreach(level 0 1 2 3)
    build_riscv64(${name}-O${level} ${source} -O${level})
    guest_test(riscv64/${name}-O${level} ENGINES jit ${compared} COMMAND ${riscv64_bin}/${name}-O${level})
  endforeach()
endforeach()
foreach(name int_arith fp_math)
  guest_test(riscv64/${name}-O2 ENGINES interp aarch64 ${compared} COMMAND ${riscv64_bin}/${name}-O2)
endforeach()
build_riscv64(machine riscv64/machine.c -O2)
guest_test(riscv64/machine QUICK ENGINES jit interp aarch64 debug
           OPTIONS --reference "${qemu_riscv64} -cpu max" COMMAND ${riscv64_bin}/machine)
foreach(name signals lost_signal many_threads)
  build_riscv64(${name} guest/${name}.c -O2)
endforeach()
guest_test(riscv64/signals QUICK ENGINES jit interp aarch64 OPTIONS --reference ${qemu_riscv64}
           --filter "^(qemu|dragoman): " COMMAND ${riscv64_bin}/signals)
guest_test(riscv64/lost_signal ENGINES jit ${compared} COMMAND ${riscv64_bin}/lost_signal 10000 0)
guest_test(riscv64/many_threads ENGINES jit ${compared} COMMAND ${riscv64_bin}/many_threads 200)
# What another translator does differently from a kernel is compared with this machine's own program.
foreach(name files process)
  build_riscv64(${name} guest/${name}.c -O2)
  guest_test(riscv64/${name} ENGINES jit OPTIONS --native ${guest_bin}/${name} --filter "^dragoman: "
             COMMAND ${riscv64_bin}/${name})
endforeach()
build_riscv64(fork_threads guest/fork_threads.c -O2)
guest_test(riscv64/fork_threads ENGINES jit OPTIONS --native ${guest_bin}/fork_threads
           COMMAND ${riscv64_bin}/fork_threads 50)

build_riscv64(exclusive guest/exclusive.c -O2)
guest_test(riscv64/exclusive ENGINES jit interp aarch64
           OPTIONS --expect ${CMAKE_CURRENT_SOURCE_DIR}/guest/exclusive.out --filter .
           COMMAND ${riscv64_bin}/exclusive 1000 1)
guest_test(riscv64/exclusive-long ENGINES jit TIMEOUT 600
           OPTIONS --expect ${CMAKE_CURRENT_SOURCE_DIR}/guest/exclusive.out --filter .
           COMMAND ${riscv64_bin}/exclusive 1000000 60)
set_property(TEST riscv64/exclusive-long/jit APPEND PROPERTY LABELS apps slow)

build_riscv64(faults riscv64/faults.c -O2)
guest_test(riscv64/faults QUICK ENGINES jit interp tiers aarch64
           OPTIONS --expect ${CMAKE_CURRENT_SOURCE_DIR}/riscv64/faults.out COMMAND ${riscv64_bin}/faults)

add_test(NAME riscv64/strace
         COMMAND python3 ${CMAKE_CURRENT_SOURCE_DIR}/riscv64/strace.py $<TARGET_FILE:dragoman>
                 ${riscv64_bin}/faults)
set_tests_properties(riscv64/strace PROPERTIES LABELS quick TIMEOUT 60)

# Each case of tests/busybox; a few on the other host.
set(busybox_riscv64 ${DRAGOMAN_DEPS}/trixie-riscv64/usr/bin/busybox)
set(busybox_amd64 ${DRAGOMAN_DEPS}/trixie-amd64/usr/bin/busybox)
file(GLOB cases CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/busybox/*.sh)
foreach(case ${cases})
  get_filename_component(name ${case} NAME_WE)
  set(engines tiers)
  if(name MATCHES "^(ash-loops|dc|sort)$")
    list(APPEND engines aarch64-tiers)
  endif()
  guest_test(riscv64/busybox-${name} ENGINES ${engines}
             OPTIONS --native ${busybox_amd64} --machine riscv64
             COMMAND ${busybox_riscv64} ash ${case} ${busybox_riscv64})
endforeach()

foreach(case jobs language programs)
  guest_test(riscv64/bash-${case} ENGINES tiers
             OPTIONS --native ${DRAGOMAN_DEPS}/trixie-amd64/usr/bin/bash-static --machine riscv64
             COMMAND ${DRAGOMAN_DEPS}/trixie-riscv64/usr/bin/bash-static
                     ${PROJECT_SOURCE_DIR}/tests/bash/${case}.sh)
endforeach()

# Dynamic programs of Debian (tools/sysroot): scripts of tests/apps, whose output is another here where it
# names the machine or the version.
foreach(name bash python3 sqlite3)
  guest_test(riscv64/apps-${name} ENGINES tiers TIMEOUT 300
             OPTIONS --sysroot ${DRAGOMAN_DEPS}/sysroot-riscv64
                     --expect ${CMAKE_CURRENT_SOURCE_DIR}/riscv64/${name}.out
             COMMAND /usr/bin/bash ${PROJECT_SOURCE_DIR}/tests/apps/${name}.sh)
  set_property(TEST riscv64/apps-${name}/tiers APPEND PROPERTY LABELS apps)
endforeach()

get_property(programs GLOBAL PROPERTY riscv64_programs)
add_custom_target(riscv64_programs ALL DEPENDS ${programs})
