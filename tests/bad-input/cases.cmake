# Bad input: each case of check.py's table, on both hosts.
file(STRINGS bad-input/check.py rows REGEX "^    \"[a-z0-9-]+\": \\(")
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS bad-input/check.py)
set(names corrupt)
foreach(row ${rows})
  string(REGEX REPLACE "^ *\"([a-z0-9-]+)\".*" "\\1" name "${row}")
  list(APPEND names ${name})
endforeach()
foreach(name ${names})
  foreach(engine jit aarch64)
    add_test(NAME bad-input/${name}/${engine}
             COMMAND ${python} ${CMAKE_CURRENT_SOURCE_DIR}/bad-input/check.py ${engine} ${name})
    set_tests_properties(bad-input/${name}/${engine} PROPERTIES TIMEOUT 300
                         LABELS "$<IF:$<STREQUAL:${engine},jit>,quick,full>;${engine};bad-input")
  endforeach()
endforeach()
