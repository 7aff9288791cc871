# foreign.cmake: tests of guests that this machine cannot run: random instructions and programs of our own,
# compared with qemu-user, and Debian's static shells, compared with the same versions for this machine.
#
# A guest is named by its processor (riscv64, aarch64); PREFIX_OF a guest is what its tests' names start
# with, as `aarch64` is the name of an engine, and so a label, too.
find_program(riscv64_CC NAMES riscv64-linux-gnu-gcc REQUIRED)
find_program(riscv64_CXX NAMES riscv64-linux-gnu-g++ REQUIRED)
find_program(aarch64_CC NAMES aarch64-linux-gnu-gcc REQUIRED)
find_program(aarch64_CXX NAMES aarch64-linux-gnu-g++ REQUIRED)
set(PREFIX_OF_riscv64 riscv64)
set(PREFIX_OF_aarch64 a64)
set(foreign_qemu ${DRAGOMAN_DEPS}/trixie-amd64/usr/bin/qemu-)
set(foreign_bin ${CMAKE_CURRENT_BINARY_DIR}/foreign)
file(MAKE_DIRECTORY ${foreign_bin}/riscv64 ${foreign_bin}/aarch64)

# foreign_program(GUEST OUTPUT FLAGS SOURCE...): a static program out of tests/SOURCE...
function(foreign_program guest output flags)
  list(TRANSFORM ARGN PREPEND ${PROJECT_SOURCE_DIR}/tests/ OUTPUT_VARIABLE paths)
  set(compiler ${${guest}_CC})
  if("${ARGN}" MATCHES "\\.cc$")
    set(compiler ${${guest}_CXX})
  endif()
  set(out ${foreign_bin}/${guest}/${output})
  separate_arguments(flags)
  add_custom_command(OUTPUT ${out}
    COMMAND ${compiler} -Wall -Werror -D_GNU_SOURCE -frounding-math -pthread -static
            -I${PROJECT_SOURCE_DIR} ${flags} -o ${out} ${paths} -lm
    DEPENDS ${paths} ${foreign_headers} VERBATIM)
  set_property(GLOBAL APPEND PROPERTY foreign_programs ${out})
endfunction()
file(GLOB foreign_headers CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/guest/guest.h
     ${PROJECT_SOURCE_DIR}/tests/rows/*.h ${PROJECT_SOURCE_DIR}/tests/aarch64/*.h)

# foreign_test(GUEST NAME ARGUMENT...): a guest_test.
function(foreign_test guest name)
  guest_test(${PREFIX_OF_${guest}}/${name} ${ARGN})
endfunction()

# foreign_rows(GUEST EACH FLAGS): random instructions of each row; EACH many by the emulated engine.
function(foreign_rows guest each flags)
  add_executable(${guest}-generate rows/generate.c ${guest}/generate.c)
  target_link_libraries(${guest}-generate PRIVATE dragoman_runtime)
  foreign_program(${guest} runner "${flags}" rows/runner.c ${guest}/runner.c)
  foreach(engine jit interp aarch64)
    set(name ${PREFIX_OF_${guest}}/insn/${engine})
    add_test(NAME ${name}
             COMMAND ${python} ${CMAKE_CURRENT_SOURCE_DIR}/rows/check.py ${engine} ${guest}
                     $<TARGET_FILE:${guest}-generate> ${foreign_bin}/${guest}/runner
                     --each $<IF:$<STREQUAL:${engine},jit>,200,${each}>)
    set_tests_properties(${name} PROPERTIES TIMEOUT 400 COST 30 LABELS "full;${engine}")
  endforeach()
endfunction()

# foreign_source(NAME VARIABLE): the program of tests/guest called so.
function(foreign_source name variable)
  set(${variable} guest/${name}.c PARENT_SCOPE)
  if(name MATCHES "^cxx_")
    set(${variable} guest/${name}.cc PARENT_SCOPE)
  endif()
endfunction()

# foreign_levels(GUEST NAME...): programs of tests/guest that know nothing of a processor, compiled at every
# level of optimisation.
function(foreign_levels guest)
  foreach(name ${ARGN})
    foreign_source(${name} source)
    foreach(level 0 1 2 3)
      foreign_program(${guest} ${name}-O${level} -O${level} ${source})
      foreign_test(${guest} ${name}-O${level} ENGINES jit OPTIONS --reference ${foreign_qemu}${guest}
                   COMMAND ${foreign_bin}/${guest}/${name}-O${level})
    endforeach()
  endforeach()
endfunction()

# foreign_single(GUEST [QUICK] [ENGINES engine...] [OPTIONS option...] [ARGUMENTS argument...] NAMES name...): such programs at -O2.
function(foreign_single guest)
  cmake_parse_arguments(arg "QUICK" "" "ENGINES;OPTIONS;ARGUMENTS;NAMES" ${ARGN})
  set(quick "")
  if(arg_QUICK)
    set(quick QUICK)
  endif()
  foreach(name ${arg_NAMES})
    foreign_source(${name} source)
    foreign_program(${guest} ${name} -O2 ${source})
    foreign_test(${guest} ${name} ${quick} ENGINES ${arg_ENGINES} OPTIONS ${arg_OPTIONS}
                 COMMAND ${foreign_bin}/${guest}/${name} ${arg_ARGUMENTS})
  endforeach()
endfunction()

# foreign_slow(GUEST NAME ENGINE): leaves a test to tools/test-apps.
function(foreign_slow guest name engine)
  set_property(TEST ${PREFIX_OF_${guest}}/${name}/${engine} APPEND PROPERTY LABELS slow)
endfunction()

# foreign_shells(GUEST BUSYBOX BASH NATIVE_BUSYBOX NATIVE_BASH): the cases of tests/busybox in one run, and those
# of tests/bash. A few are among the tests of each build; all of them are slow tests, on the other host in
# parts of two or three minutes.
function(foreign_shells guest busybox bash native_busybox native_bash)
  file(GLOB cases CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/busybox/*.sh)
  set(run COMMAND ${busybox} ash ${CMAKE_CURRENT_SOURCE_DIR}/busybox/all.inc ${busybox})
  set(options TIMEOUT 300 OPTIONS --native ${native_busybox} --machine ${guest})
  foreign_test(${guest} busybox ENGINES tiers ${options} ${run} ${cases})
  set_property(TEST ${PREFIX_OF_${guest}}/busybox/tiers PROPERTY COST 40)
  set(some ${cases})
  list(FILTER some INCLUDE REGEX "/(ash-loops|ash-pipes|awk|dc|sed|sort|tar)\\.sh$")
  foreign_test(${guest} busybox-some ENGINES tiers aarch64-tiers ${options} ${run} ${some})
  set(part 0)
  while(cases)
    math(EXPR part "${part} + 1")
    list(SUBLIST cases 0 12 some)
    list(REMOVE_ITEM cases ${some})
    foreign_test(${guest} busybox-${part} ENGINES aarch64-tiers ${options} ${run} ${some})
    foreign_slow(${guest} busybox-${part} aarch64-tiers)
  endwhile()
  foreach(case jobs language programs)
    set(run OPTIONS --native ${native_bash} --machine ${guest}
            COMMAND ${bash} ${PROJECT_SOURCE_DIR}/tests/bash/${case}.sh)
    foreign_test(${guest} bash-${case} ENGINES tiers ${run})
    foreign_test(${guest} bash-${case} ENGINES aarch64-tiers TIMEOUT 300 ${run})
    foreign_slow(${guest} bash-${case} aarch64-tiers)
  endforeach()
endfunction()

# foreign_dependencies(GUEST): orders that only dependencies keep.
function(foreign_dependencies guest)
  set(name ${PREFIX_OF_${guest}}/dependencies)
  foreign_program(${guest} dependencies "" ${guest}/dependencies.S)
  add_test(NAME ${name} COMMAND ${python} ${PROJECT_SOURCE_DIR}/tests/dependencies.py $<TARGET_FILE:dragoman>
                                ${foreign_bin}/${guest}/dependencies)
  set_tests_properties(${name} PROPERTIES LABELS quick TIMEOUT 60)
endfunction()

# foreign_strace(GUEST): what --strace says of calls that are not as on x86-64.
function(foreign_strace guest)
  set(name ${PREFIX_OF_${guest}}/strace)
  foreign_program(${guest} strace_generic -O2 guest/strace_generic.c)
  add_test(NAME ${name} COMMAND ${python} ${PROJECT_SOURCE_DIR}/tests/strace/generic.py $<TARGET_FILE:dragoman>
                                ${guest} ${foreign_bin}/${guest}/strace_generic)
  set_tests_properties(${name} PROPERTIES LABELS quick TIMEOUT 60)
endfunction()

# foreign_exclusive(GUEST): pairs of exclusive loads and stores between threads.
function(foreign_exclusive guest)
  set(expected OPTIONS --expect ${PROJECT_SOURCE_DIR}/tests/guest/exclusive.out --filter .)
  set(program ${foreign_bin}/${guest}/exclusive)
  foreign_program(${guest} exclusive -O2 guest/exclusive.c)
  foreign_test(${guest} exclusive ENGINES jit interp ${expected} COMMAND ${program} 1000 1)
  # qemu-aarch64 on an x86-64 machine lets an LDAR pass an earlier STLR, which is what that engine's code
  # is made of: the program by itself has forbidden results under it.
  foreign_test(${guest} exclusive ENGINES aarch64
               OPTIONS --expect ${PROJECT_SOURCE_DIR}/tests/guest/exclusive-pairs.out --filter .
               COMMAND ${program} 1000 1 pairs)
  foreign_test(${guest} exclusive-long ENGINES jit TIMEOUT 600 ${expected}
               COMMAND ${program} 1000000 60)
  set_property(TEST ${PREFIX_OF_${guest}}/exclusive-long/jit APPEND PROPERTY LABELS apps slow)
endfunction()
