# The guest programs: built here, at test build time, by the system's compiler for x86-64, and
# registered once for each engine.
find_program(GUEST_CC NAMES x86_64-linux-gnu-gcc gcc REQUIRED)
find_program(GUEST_CXX NAMES x86_64-linux-gnu-g++ g++ REQUIRED)
set(guest_bin ${CMAKE_CURRENT_BINARY_DIR}/guest)
file(MAKE_DIRECTORY ${guest_bin})
set(guest_flags -Wall -Werror -D_GNU_SOURCE -frounding-math -pthread)

# build_guest(OUTPUT SOURCE FLAG...): a static program; a static-pie when the flags say so.
function(build_guest output source)
  set(path ${PROJECT_SOURCE_DIR}/tests/guest/${source})
  set(compiler ${GUEST_CC})
  if(source MATCHES "\\.cc$")
    set(compiler ${GUEST_CXX})
  endif()
  set(flags ${guest_flags} ${ARGN})
  if(NOT "-static-pie" IN_LIST flags)
    list(APPEND flags -static)
  endif()
  add_custom_command(OUTPUT ${guest_bin}/${output}
    COMMAND ${compiler} ${flags} -o ${guest_bin}/${output} ${path} -lm
    DEPENDS ${path} ${PROJECT_SOURCE_DIR}/tests/guest/guest.h VERBATIM)
  set_property(GLOBAL APPEND PROPERTY guest_programs ${guest_bin}/${output})
endfunction()

# Programs compiled at every level of optimisation. On the AArch64 host two levels run, one of them
# on the older processor; the interpreter runs one.
set(levelled int_arith shifts int128 fp_math fp_env long_double strings sorting control heap simd
             cxx_exceptions cxx_library)
foreach(name ${levelled})
  set(source ${name}.c)
  if(name MATCHES "^cxx_")
    set(source ${name}.cc)
  endif()
  foreach(level 0 1 2 3)
    build_guest(${name}-O${level} ${source} -O${level})
  endforeach()
  guest_test(guest/${name}-O0 ENGINES jit aarch64 COMMAND ${guest_bin}/${name}-O0)
  guest_test(guest/${name}-O1 ENGINES jit aarch64-n1 COMMAND ${guest_bin}/${name}-O1)
  guest_test(guest/${name}-O2 QUICK ENGINES jit interp aarch64 COMMAND ${guest_bin}/${name}-O2)
  guest_test(guest/${name}-O3 ENGINES jit aarch64-n1 debug COMMAND ${guest_bin}/${name}-O3)
endforeach()

# Programs whose point is not the compiler's output: -O2, every engine.
set(single demo jump_tables cpu_v2 stack_faults branch_faults short_loops x87 x87_state long_double_math fp_traps string_ops faults self_modifying process
           memory procfs)
foreach(name ${single})
  build_guest(${name} ${name}.c -O2)
  guest_test(guest/${name} QUICK ENGINES jit interp aarch64 aarch64-n1 debug asan
             COMMAND ${guest_bin}/${name})
endforeach()
guest_test(guest/stack_faults-top QUICK ENGINES jit interp debug asan
           COMMAND ${guest_bin}/stack_faults top)
# Regions of as many instructions as are asked for would be too long for the interpreter.
build_guest(enter_many enter_many.c -O2)
guest_test(guest/enter_many ENGINES jit interp interp-long COMMAND ${guest_bin}/enter_many)
# A child dies in it, of which Dragoman says a line.
build_guest(xstate xstate.c -O2 -I${PROJECT_SOURCE_DIR})
guest_test(guest/xstate QUICK ENGINES jit interp aarch64 aarch64-n1 debug asan
           OPTIONS --filter "^dragoman: " COMMAND ${guest_bin}/xstate)
build_guest(file_numbers file_numbers.c -O2)
guest_test(guest/file_numbers QUICK ENGINES jit interp debug asan COMMAND ${guest_bin}/file_numbers)
build_guest(fd_reach fd_reach.c -O2)
guest_test(guest/fd_reach QUICK ENGINES jit interp aarch64 asan COMMAND ${guest_bin}/fd_reach)
# A kernel may have what is refused here.
build_guest(refusals refusals.c -O2)
guest_test(guest/refusals QUICK ENGINES jit interp aarch64
           OPTIONS --expect ${PROJECT_SOURCE_DIR}/tests/guest/refusals.out COMMAND ${guest_bin}/refusals)
# It makes a system call without a meaning, of which Dragoman says a line.
build_guest(files files.c -O2)
guest_test(guest/files QUICK ENGINES jit interp aarch64 aarch64-n1 debug asan
           OPTIONS --filter "^dragoman: .*: unknown system call 999$" COMMAND ${guest_bin}/files)
# Children die of faults here, of which Dragoman says a line natively not said.
build_guest(signals signals.c -O2)
guest_test(guest/signals QUICK ENGINES jit interp aarch64 aarch64-n1 debug asan
           OPTIONS --filter "^dragoman: " COMMAND ${guest_bin}/signals)
build_guest(environment environment.c -O2)
guest_test(guest/environment QUICK ENGINES jit interp aarch64 aarch64-n1 debug asan
           COMMAND ${guest_bin}/environment one "two words" "")
build_guest(environment-pie environment.c -O2 -static-pie -fPIE)
guest_test(guest/environment-pie QUICK ENGINES jit interp aarch64 COMMAND ${guest_bin}/environment-pie)
build_guest(cxx_regex cxx_regex.cc -O2)
guest_test(guest/cxx_regex QUICK ENGINES jit interp aarch64 debug COMMAND ${guest_bin}/cxx_regex)
build_guest(cxx_regex-O0 cxx_regex.cc -O0)
guest_test(guest/cxx_regex-O0 ENGINES jit aarch64-n1 COMMAND ${guest_bin}/cxx_regex-O0)
build_guest(cxx_library-pie cxx_library.cc -O2 -static-pie -fPIE)
guest_test(guest/cxx_library-pie ENGINES jit aarch64 COMMAND ${guest_bin}/cxx_library-pie)

# Threads, signals and time: counts suit the engine's speed.
foreach(name threads jit_threads fork_threads timer_storm lost_signal signal_storm many_threads clone_forms
        jit_styles)
  build_guest(${name} ${name}.c -O2)
endforeach()
guest_test(guest/threads QUICK ENGINES jit debug asan COMMAND ${guest_bin}/threads)
guest_test(guest/threads ENGINES interp aarch64 aarch64-n1 COMMAND ${guest_bin}/threads 2000)
guest_test(guest/jit_threads QUICK ENGINES jit COMMAND ${guest_bin}/jit_threads)
guest_test(guest/jit_threads ENGINES interp aarch64 aarch64-n1 debug asan
           COMMAND ${guest_bin}/jit_threads 2000)
guest_test(guest/fork_threads ENGINES jit COMMAND ${guest_bin}/fork_threads 1000)
guest_test(guest/fork_threads ENGINES interp aarch64 asan COMMAND ${guest_bin}/fork_threads 100)
guest_test(guest/jit_styles QUICK ENGINES jit debug COMMAND ${guest_bin}/jit_styles)
guest_test(guest/jit_styles ENGINES interp aarch64 asan COMMAND ${guest_bin}/jit_styles 50)
guest_test(guest/fork_threads-8 ENGINES jit COMMAND ${guest_bin}/fork_threads 1000 8)
if(TEST guest/fork_threads-8/jit) # -forms does the same in more ways
  set_property(TEST guest/fork_threads-8/jit APPEND PROPERTY LABELS slow)
endif()
guest_test(guest/fork_threads-forms ENGINES jit TIMEOUT 300 COMMAND ${guest_bin}/fork_threads 1000 8 10)
guest_test(guest/fork_threads-forms ENGINES aarch64 COMMAND ${guest_bin}/fork_threads 30 4 4)
# qemu-aarch64 forks while another of its threads may hold a mutex of its own: then the child waits for ever,
# inside qemu, for a thread that it does not have. With the one for looking up paths that was one run in ten on a
# busy machine (tests/engines.py leaves it out); others may be left.
if(TEST guest/fork_threads-forms/aarch64)
  set_property(TEST guest/fork_threads-forms/aarch64 APPEND PROPERTY LABELS slow)
endif()
guest_test(guest/signal_storm ENGINES jit COMMAND ${guest_bin}/signal_storm 20000)
guest_test(guest/signal_storm ENGINES interp aarch64 COMMAND ${guest_bin}/signal_storm 500)
guest_test(guest/many_threads ENGINES jit COMMAND ${guest_bin}/many_threads 2000)
guest_test(guest/many_threads ENGINES interp aarch64 asan COMMAND ${guest_bin}/many_threads 100)
guest_test(guest/clone_forms QUICK ENGINES jit interp asan COMMAND ${guest_bin}/clone_forms)
# The emulator's vfork is a fork.
guest_test(guest/clone_forms-apart ENGINES aarch64 COMMAND ${guest_bin}/clone_forms apart)
guest_test(guest/timer_storm ENGINES jit COMMAND ${guest_bin}/timer_storm 20000)
guest_test(guest/timer_storm ENGINES interp aarch64 debug COMMAND ${guest_bin}/timer_storm 500)
foreach(variant 0 1 2 3)
  guest_test(guest/lost_signal-${variant} ENGINES jit
             COMMAND ${guest_bin}/lost_signal 100000 ${variant})
  guest_test(guest/lost_signal-${variant} ENGINES interp aarch64
             COMMAND ${guest_bin}/lost_signal 3000 ${variant} 30)
endforeach()

# qemu-aarch64 has answers of its own to some of these.
build_guest(memory_calls memory_calls.c -O2)
guest_test(guest/memory_calls QUICK ENGINES jit interp debug asan COMMAND ${guest_bin}/memory_calls)

build_guest(execute execute.c -O2)
guest_test(guest/execute QUICK ENGINES jit interp debug COMMAND ${guest_bin}/execute)
# The asan build is linked dynamically: it needs a descriptor more to start than there is here.
guest_test(guest/execute-apart ENGINES aarch64 asan COMMAND ${guest_bin}/execute apart)

build_guest(exec_ignored exec_ignored.c -O2)
guest_test(guest/exec_ignored QUICK ENGINES jit interp aarch64 debug asan
           COMMAND ${guest_bin}/exec_ignored)

build_guest(traps traps.c -O2)
guest_test(guest/traps QUICK ENGINES jit interp debug asan COMMAND ${guest_bin}/traps)

# For tests/syscall-fuzz and tests/strace.
build_guest(random_calls random_calls.c -O1)
build_guest(strace_tour strace_tour.c -O1)

get_property(programs GLOBAL PROPERTY guest_programs)
add_custom_target(guest_programs ALL DEPENDS ${programs})
