# --strace against the machine's strace: each case of check.py's table. Natively traced programs need
# an x86-64 machine.
file(STRINGS strace/check.py rows REGEX "^    \"[a-z0-9-]+\": \\[")
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS strace/check.py)
foreach(row ${rows})
  string(REGEX REPLACE "^ *\"([a-z0-9-]+)\".*" "\\1" name "${row}")
  set(engines jit aarch64)
  if(name STREQUAL "guest-process")
    set(engines jit) # qemu-aarch64 passes CLD_CONTINUED and SIGCONT on differently
  endif()
  foreach(engine ${engines})
    add_test(NAME strace/${name}/${engine}
             COMMAND ${python} ${CMAKE_CURRENT_SOURCE_DIR}/strace/check.py ${engine} ${name} ${guest_bin})
    set_tests_properties(strace/${name}/${engine} PROPERTIES TIMEOUT 120
                         LABELS "$<IF:$<STREQUAL:${engine},jit>,quick,full>;${engine};strace")
  endforeach()
endforeach()
