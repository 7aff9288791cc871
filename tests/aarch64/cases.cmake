# AArch64 guests (tests/foreign.cmake).
# runner_done stands at RUNNER_DONE_AT of aarch64/done.h.
foreign_rows(aarch64 40 "-O2 -Wl,--section-start=.runner_done=0x300000")
