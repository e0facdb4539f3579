//! The product's firmware, the very ELF that would be flashed, on the virtual board.

mod boot;
mod device;
mod faults;
mod flood;
mod http;
mod power;
mod suites;
