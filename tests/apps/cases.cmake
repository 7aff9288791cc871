# Each *.sh here is one case: unmodified Debian programs (tools/sysroot), run by the sysroot's bash with
# -L, compared with NAME.out, which is what a native run prints. Label: apps; those that take long
# have the label slow too and are left out of tools/test (tools/test-apps runs them all).
#
#   ctest -R apps/git/jit                          one of them
#   tests/apps/bless git                           write git.out again from a native run
set(apps_sysroot ${DRAGOMAN_DEPS}/sysroot-amd64)

# app_test(NAME [FAST engine...] [SLOW engine...] [ARGUMENTS argument...])
function(app_test name)
  cmake_parse_arguments(arg "" "TIMEOUT" "FAST;SLOW;ARGUMENTS" ${ARGN})
  set(script ${PROJECT_SOURCE_DIR}/tests/apps/${name})
  guest_test(apps/${name} ENGINES ${arg_FAST} ${arg_SLOW} TIMEOUT 600
             OPTIONS --sysroot ${apps_sysroot} --expect ${script}.out
             COMMAND /usr/bin/bash ${script}.sh ${arg_ARGUMENTS})
  foreach(engine ${arg_FAST})
    set_property(TEST apps/${name}/${engine} APPEND PROPERTY LABELS apps)
  endforeach()
  foreach(engine ${arg_SLOW})
    set_property(TEST apps/${name}/${engine} APPEND PROPERTY LABELS apps slow)
  endforeach()
endfunction()

app_test(bash FAST jit SLOW aarch64)
app_test(coreutils FAST jit SLOW aarch64)
app_test(python3 FAST jit SLOW aarch64)
app_test(perl FAST jit SLOW aarch64)
app_test(sqlite3 FAST jit aarch64)
app_test(compress FAST jit SLOW aarch64)
app_test(luajit FAST jit SLOW aarch64)
app_test(redis FAST jit)
app_test(nginx FAST jit)
app_test(git SLOW jit aarch64)
app_test(gcc SLOW jit)
app_test(openssl SLOW jit)
app_test(stress-ng SLOW jit)
