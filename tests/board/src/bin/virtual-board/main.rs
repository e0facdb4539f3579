//! `virtual-board`: a device for whoever has none. It prints the same lines and obeys the same commands as the host board's
//! `device`, so that a test or the demo does not know which of the two it has.

mod console;
mod options;

use std::{
    io::{self, BufRead, Write},
    process::ExitCode,
    sync::mpsc::{self, Receiver},
    thread,
};

use board::{Board, runner::Pace};
use console::Console;
use gateway::{Config, Forward, Gateway, Time};
use options::{HELP, Options};

fn main() -> ExitCode {
    let options = match Options::parse(std::env::args_os().skip(1)) {
        Ok(Some(options)) => options,
        Ok(None) => {
            print!("{HELP}");
            return ExitCode::SUCCESS;
        }
        Err(error) => return fail(&error.to_string()),
    };
    match start(&options).and_then(|mut console| console.run(&commands())) {
        Ok(code) => code,
        Err(error) => fail(&error),
    }
}

fn fail(text: &str) -> ExitCode {
    eprintln!("virtual-board: {text}");
    ExitCode::FAILURE
}

fn start(options: &Options) -> Result<Console, String> {
    let mut names = vec!["broker.test".to_owned(), "pool.ntp.org".to_owned()];
    names.extend(options.names.iter().cloned());
    let config = Config {
        names,
        forwards: vec![Forward { pc_port: options.http, device_port: 80 }],
        services: options.services,
        time: options.time.map_or(Time::Pc, Time::Since),
        ..Config::default()
    };
    let gateway = Gateway::new(config).map_err(|error| format!("port {}: {error}", options.http))?;
    let port = gateway.forwards().next().map_or(0, |forward| forward.pc_port);
    let persist = options.flash();
    let board = board::Options {
        pace: Pace::Wall,
        seed: options.seed,
        flash: persist.as_ref().and_then(|file| std::fs::read(file).ok()),
        persist,
        // The button's resistor is the board's.
        inputs: vec![("PC13", false)],
        ..board::Options::default()
    };
    let mut board = Board::start(&options.elf, board, Box::new(gateway))?;
    if options.power_cut > 0 {
        console::arm(&mut board, options.power_cut);
    }
    say(&format!("http http://127.0.0.1:{port}/"));
    Ok(Console::new(board, options.log.clone()))
}

/// Prints a line at once, for whoever waits for it.
fn say(line: &str) {
    let mut output = io::stdout().lock();
    // Nobody may be reading; the device goes on.
    let _ = writeln!(output, "{line}").and_then(|()| output.flush());
}

/// The lines of standard input. A board without a console runs on.
fn commands() -> Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        for line in io::stdin().lock().lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
        loop {
            thread::park();
        }
    });
    receiver
}
