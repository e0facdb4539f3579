//! `mqtts`.
fn main() {}
