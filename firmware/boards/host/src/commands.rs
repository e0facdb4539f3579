//! What the device is told on standard input.

use std::{io, process, thread};

use firmware::board::ResetCause;
use gateway::Services;

use crate::{cable::Cable, pins, power::POWER, say, system};

/// Obeys lines from standard input, in a thread, until it ends.
///
/// # Errors
/// When the system gives no thread.
pub fn obey(cable: Cable) -> io::Result<()> {
    let read = move || {
        for line in io::stdin().lines().map_while(Result::ok) {
            let words: Vec<&str> = line.split_whitespace().collect();
            match command(&words, &cable) {
                Some(answer) => say(&answer),
                None => say(&format!("no command {line:?}; --help lists them")),
            }
        }
    };
    thread::Builder::new().name("commands".to_owned()).spawn(read).map(|_| ())
}

/// Obeys a command; its answer, or none where it is none.
fn command(words: &[&str], cable: &Cable) -> Option<String> {
    match *words {
        [] => return Some(String::new()),
        ["input", number, level] => {
            let number: u8 = number.parse().ok().filter(|number| (1..=4).contains(number))?;
            pins::set_input(number.checked_sub(1)?, on(level)?);
        }
        ["cable", "in"] => cable.plug(true),
        ["cable", "out"] => cable.plug(false),
        ["dhcp", state] => switch(cable, on(state)?, |services| &mut services.dhcp),
        ["dns", state] => switch(cable, on(state)?, |services| &mut services.dns),
        ["sntp", state] => switch(cable, on(state)?, |services| &mut services.sntp),
        ["power-cut", count] => POWER.cut_after(count.parse().ok()?),
        ["operations"] => return Some(format!("operations {}", POWER.operations())),
        ["counters"] => return Some(format!("counters {:?}", cable.counters())),
        ["reset"] => system::reset(ResetCause::Pin),
        ["quit"] => process::exit(0),
        _ => return None,
    }
    Some(format!("done: {}", words.join(" ")))
}

fn switch(cable: &Cable, on: bool, service: impl FnOnce(&mut Services) -> &mut bool) {
    cable.switch(|services| *service(services) = on);
}

fn on(word: &str) -> Option<bool> {
    match word {
        "on" => Some(true),
        "off" => Some(false),
        _ => None,
    }
}
