#!/bin/sh
# What cargo calls instead of rustc: our own crates get a counter in every branch, and comparisons are
# traced, as libFuzzer wants it. What they depend on is the same as in every other build.
case " $* " in
*" --crate-name build_script_"* | *" --crate-type proc-macro "*) ;;
*" --crate-name swell"* | *"fuzz_targets/"*)
    exec "$@" -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
        -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
        -Cllvm-args=-sanitizer-coverage-pc-table \
        -Cllvm-args=-sanitizer-coverage-trace-compares
    ;;
esac
exec "$@"
