//! `mqtts`: MQTT over TLS on a PC.

fn main() -> std::process::ExitCode {
    mqtts_cli::run(std::env::args_os())
}
