//! `mqtts`: MQTT over TLS for people with a PC.

fn main() -> std::process::ExitCode {
    mqtts_cli::run(std::env::args_os())
}
