#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| swell_fuzz::pinata_answer(data));
