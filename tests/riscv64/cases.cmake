# RISC-V guests (tests/foreign.cmake).
# The instruction runner's registers are not the ABI's: none of its code may rely on gp.
foreign_rows(riscv64 200 "-O2 -Wl,--no-relax")
foreign_levels(riscv64 int_arith fp_math strings sorting control heap cxx_exceptions cxx_library)
set(bin ${foreign_bin}/riscv64)
set(compared --reference ${foreign_qemu}riscv64)
foreach(name int_arith fp_math)
  foreign_test(riscv64 ${name}-O2 ENGINES interp aarch64 OPTIONS ${compared} COMMAND ${bin}/${name}-O2)
endforeach()
foreign_program(riscv64 machine -O2 riscv64/machine.c)
foreign_test(riscv64 machine QUICK ENGINES jit interp aarch64 debug
             OPTIONS --reference "${foreign_qemu}riscv64 -cpu max" COMMAND ${bin}/machine)
foreign_program(riscv64 fp_state -O2 riscv64/fp_state.c)
foreign_test(riscv64 fp_state QUICK ENGINES jit interp tiers aarch64 aarch64-n1
             OPTIONS --reference "${foreign_qemu}riscv64 -cpu max" COMMAND ${bin}/fp_state)
foreign_program(riscv64 fp_flags -O2 riscv64/fp_flags.c)
foreign_test(riscv64 fp_flags QUICK ENGINES jit interp aarch64
             OPTIONS --reference "${foreign_qemu}riscv64 -cpu max" COMMAND ${bin}/fp_flags)
foreign_single(riscv64 QUICK ENGINES jit interp aarch64 OPTIONS ${compared} --filter "^(qemu|dragoman): "
               NAMES signals)
foreign_single(riscv64 ENGINES jit OPTIONS ${compared} NAMES cxx_regex)
foreign_single(riscv64 ENGINES jit OPTIONS ${compared} ARGUMENTS 10000 0 NAMES lost_signal)
foreign_single(riscv64 ENGINES jit OPTIONS ${compared} ARGUMENTS 200 NAMES many_threads)
# What another translator does differently from a kernel is compared with this machine's own program.
foreach(name files process)
  foreign_single(riscv64 ENGINES jit OPTIONS --native ${guest_bin}/${name} --filter "^dragoman: "
                 NAMES ${name})
endforeach()
foreign_single(riscv64 ENGINES jit OPTIONS --native ${guest_bin}/fork_threads ARGUMENTS 50
               NAMES fork_threads)
foreign_exclusive(riscv64)
foreign_dependencies(riscv64)
foreign_strace(riscv64)

foreign_program(riscv64 faults -O2 riscv64/faults.c)
foreign_test(riscv64 faults QUICK ENGINES jit interp tiers aarch64
             OPTIONS --expect ${CMAKE_CURRENT_SOURCE_DIR}/riscv64/faults.out COMMAND ${bin}/faults)

set(suite ${DRAGOMAN_DEPS}/trixie)
foreign_shells(riscv64 ${suite}-riscv64/usr/bin/busybox ${suite}-riscv64/usr/bin/bash-static
               ${suite}-amd64/usr/bin/busybox ${suite}-amd64/usr/bin/bash-static)

# Dynamic programs of Debian (tools/sysroot): scripts of tests/apps, whose output is another here where it
# names the machine or the version.
foreach(name bash python3 sqlite3)
  guest_test(riscv64/apps-${name} ENGINES tiers aarch64-tiers TIMEOUT 600
             OPTIONS --sysroot ${DRAGOMAN_DEPS}/sysroot-riscv64
                     --expect ${CMAKE_CURRENT_SOURCE_DIR}/riscv64/${name}.out
             COMMAND /usr/bin/bash ${PROJECT_SOURCE_DIR}/tests/apps/${name}.sh)
  set_property(TEST riscv64/apps-${name}/tiers APPEND PROPERTY LABELS apps)
  set_property(TEST riscv64/apps-${name}/aarch64-tiers APPEND PROPERTY LABELS apps slow)
endforeach()
