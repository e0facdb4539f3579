//! The codes of our own range, -0x8080 and below: failures that Mbed TLS 2.28 does not have.
//!
//! Mbed TLS ends at -0x7FFF, since its numbers have 15 bits, so that no code here can be one of its codes.

use crate::rows;

rows! { "DEVICE";
    CLOCK_NOT_SET = 0x8080, "The clock has not been set by SNTP yet";
    SELF_TEST_FAILED = 0x8100, "The self-test of an accelerator failed, software has taken over";
    WATCHDOG_RESET = 0x8180, "The watchdog has reset the device";
    PANIC_RESET = 0x8200, "A panic has reset the device";
    FILE_TOO_LARGE = 0x8280, "The file is larger than 4096 bytes";
    STORAGE_FAILED = 0x8300, "The flash storage could not be read or written";
    SETTINGS_INVALID = 0x8380, "The settings are damaged or from a newer version";
    FAULT_RESET = 0x8400, "A hard fault has reset the device";
}
