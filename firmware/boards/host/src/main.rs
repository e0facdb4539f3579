//! `device`: the program. `--help` says everything.

use std::{env, fs, io, process::ExitCode};

use accel::soft::Soft;
use embassy_executor::{Executor, Spawner};
use embassy_net::{Stack, StackResources};
use firmware::{
    Memory,
    board::{Facts, Parts},
};
use gateway::{Config, Forward, Time};
use host_board::{
    Host, HostEntropy,
    backup::HostBackup,
    cable::{Cable, Driver},
    commands,
    flash::Flash,
    options::{HELP, HostOptions},
    pins::HostPins,
    power::POWER,
    say,
    system::HostSystem,
};

/// The device's Ethernet address: locally administered.
const MAC_ADDRESS: [u8; 6] = [0x02, 0, 0, 0, 0, 0x01];
/// How many sockets the firmware may have, DHCP and DNS included.
const SOCKETS: usize = 16;

fn main() -> ExitCode {
    let options = match HostOptions::parse(env::args_os().skip(1)) {
        Ok(Some(options)) => options,
        Ok(None) => {
            print!("{HELP}");
            return ExitCode::SUCCESS;
        }
        Err(error) => return fail(&error.to_string()),
    };
    match start(options) {
        Ok((parts, cable)) => run(parts, cable),
        Err(error) => fail(&error.to_string()),
    }
}

fn fail(text: &str) -> ExitCode {
    eprintln!("device: {text}");
    ExitCode::FAILURE
}

/// Makes the board's parts and starts its threads.
fn start(mut options: HostOptions) -> io::Result<(Parts<Host>, Cable)> {
    fs::create_dir_all(&options.state)?;
    if options.power_cut > 0 {
        POWER.cut_after(options.power_cut);
    }
    let (cable, http) = Cable::start(network(&options))?;
    // The same port after a reset.
    options.http = http;
    let system = HostSystem::start(&options);
    let parts = Parts {
        accel: Soft::new(HostEntropy),
        settings_flash: Flash::open(&options.state.join("settings.flash"), 2)?,
        certificate_flash: Flash::open(&options.state.join("certificates.flash"), 4)?,
        pins: HostPins::default(),
        backup: HostBackup::open(&options.state.join("backup.memory"), options.reset)?,
        system,
        facts: Facts {
            name: "host",
            mac_address: MAC_ADDRESS,
            firmware: options.firmware.map_or(env!("CARGO_PKG_VERSION"), |name| name.leak()),
            reset: options.reset,
            failed_units: [None; 4],
        },
        // Whoever wants that removes the folder.
        is_to_forget: false,
    };
    commands::obey(cable.clone())?;
    say(&format!("http http://127.0.0.1:{http}/"));
    Ok((parts, cable))
}

/// The gateway's configuration.
fn network(options: &HostOptions) -> Config {
    let mut names = vec!["broker.test".to_owned(), "pool.ntp.org".to_owned()];
    names.extend(options.names.iter().cloned());
    Config {
        names,
        outside: options.outside,
        forwards: vec![Forward { pc_port: options.http, device_port: 80 }],
        services: options.services,
        time: options.time.map_or(Time::Pc, Time::Since),
        ..Config::default()
    }
}

/// Runs the firmware.
fn run(parts: Parts<Host>, cable: Cable) -> ! {
    let (driver, carry) = cable.connect(MAC_ADDRESS);
    let resources = Box::leak(Box::new(StackResources::<SOCKETS>::new()));
    let seed = getrandom::u64().unwrap_or(0);
    let (stack, runner) = embassy_net::new(driver, embassy_net::Config::default(), resources, seed);
    let memory = Box::leak(Box::new(Memory::new()));
    let executor = Box::leak(Box::new(Executor::new()));
    executor.run(|spawner: Spawner| {
        let carry: std::pin::Pin<Box<dyn Future<Output = ()>>> = Box::pin(carry);
        let tasks = (cable_task(carry), network_task(runner), firmware_task(parts, stack, memory));
        if let (Ok(cable), Ok(network), Ok(firmware)) = tasks {
            spawner.spawn(cable);
            spawner.spawn(network);
            spawner.spawn(firmware);
        }
    })
}

#[embassy_executor::task]
async fn cable_task(carry: std::pin::Pin<Box<dyn Future<Output = ()>>>) {
    carry.await;
}

#[embassy_executor::task]
async fn network_task(mut runner: embassy_net::Runner<'static, Driver>) {
    runner.run().await;
}

#[embassy_executor::task]
async fn firmware_task(parts: Parts<Host>, stack: Stack<'static>, memory: &'static mut Memory) {
    firmware::run(parts, stack, memory).await;
}
