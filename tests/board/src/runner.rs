//! The run: what happens between the core's instructions. It carries out what a test asks, moves frames between the device
//! and the network, drains the log, notes marks, and keeps virtual time from running ahead of the clock on the wall.

use std::{
    collections::VecDeque,
    path::PathBuf,
    sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError},
    time::{Duration, Instant},
};

use rigless::{
    emulator::{Driver, Host, Settled, Stop},
    session::Session,
    soc::Width,
    time::VirtualNanos,
};

use crate::{
    description::{self, FLASH_BASE, FLASH_SIZE},
    marks::Marks,
    models::dice::Dice,
    network::Network,
    nucleo::Nucleo,
    rtt::Rtt,
};

/// When virtual time may not be ahead of the clock on the wall.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// Never: it runs as fast as the emulator can.
    Free,
    /// While the network is busy with somebody outside.
    Busy,
    /// Always.
    Wall,
}

/// Stops are so far apart while frames move, and while nothing happens.
const MOVING: u64 = 50_000;
const STILL: u64 = 1_000_000;
/// Frames are said to move so long after the last one.
const AFTERWARDS: u64 = 5_000_000;
/// So far behind the clock on the wall, virtual time gives up catching up.
const BEHIND: Duration = Duration::from_millis(20);

/// What a test asks for, carried out between two instructions.
pub type Call = Box<dyn FnOnce(&mut Stage<'_>) + Send>;

/// The run between two instructions.
pub struct Stage<'a> {
    /// The machine and what its bus reports.
    pub session: &'a mut Session<Nucleo>,
    /// Memory.
    pub host: &'a mut dyn Host,
    /// The instant and the instruction count.
    pub stop: Stop,
    /// The run's own state.
    pub runner: &'a mut State,
}

/// What the run keeps.
pub struct State {
    /// The other end of the cable.
    pub network: Box<dyn Network>,
    /// When time is held back.
    pub pace: Pace,
    /// What the device sent over TLS.
    pub marks: Marks,
    /// The log.
    pub rtt: Option<Rtt>,
    /// The instruction count at which each frame that the device sent went to the controller.
    pub sent: Vec<u64>,
    /// The file that has the flash as it is.
    pub persist: Option<PathBuf>,
    /// How many operations of the flash that file has.
    persisted: usize,
    dice: Dice,
    from_device: VecDeque<Vec<u8>>,
    to_device: VecDeque<Vec<u8>>,
    moved: u64,
    anchor: Option<(Instant, u64)>,
}

impl State {
    /// The state of a run that begins.
    pub fn new(network: Box<dyn Network>, pace: Pace, rtt: Option<Rtt>, dice: Dice) -> Self {
        Self {
            network,
            pace,
            marks: Marks::default(),
            rtt,
            sent: Vec::new(),
            persist: None,
            persisted: 0,
            dice,
            from_device: VecDeque::new(),
            to_device: VecDeque::new(),
            moved: 0,
            anchor: None,
        }
    }

    fn exchange(&mut self, nucleo: &mut Nucleo, now: VirtualNanos) {
        if !self.from_device.is_empty() {
            self.moved = now.0;
        }
        self.network.step(Duration::from_nanos(now.0), &mut self.from_device, &mut self.to_device);
        if self.to_device.is_empty() {
            return;
        }
        self.moved = now.0;
        let mut wire = nucleo.part.wire.state();
        if wire.phy.is_up(now) {
            wire.arriving.extend(self.to_device.drain(..));
        }
        self.to_device.clear();
    }

    /// How long virtual time has to wait for the clock on the wall.
    fn ahead(&mut self, now: u64) -> Duration {
        let paced = match self.pace {
            Pace::Free => false,
            Pace::Busy => self.network.is_busy(),
            Pace::Wall => true,
        };
        if !paced {
            self.anchor = None;
            return Duration::ZERO;
        }
        let (wall, virtual_time) = *self.anchor.get_or_insert((Instant::now(), now));
        let due = Duration::from_nanos(now - virtual_time);
        let passed = wall.elapsed();
        if passed > due + BEHIND {
            self.anchor = None;
        }
        due.saturating_sub(passed)
    }

    /// Writes the flash to its file, when it has changed since.
    pub fn save(&mut self, nucleo: &Nucleo, host: &mut dyn Host) {
        let done = nucleo.part.flash.journal.len();
        if let Some(file) = &self.persist
            && done != std::mem::replace(&mut self.persisted, done)
            && let Err(error) = std::fs::write(file, flash(host))
        {
            eprintln!("{}: {error}", file.display());
        }
    }

    /// Fills RAM with what nobody can count on, as power coming back does.
    pub fn scramble(&mut self, host: &mut dyn Host) {
        for (base, size) in description::RAM {
            for word in (base..base + size).step_by(8) {
                let _ = host.write(word, Width::W64, self.dice.roll());
            }
        }
    }
}

/// The whole flash.
pub fn flash(host: &mut dyn Host) -> Vec<u8> {
    let words = (FLASH_BASE..FLASH_BASE + FLASH_SIZE as u64).step_by(8);
    words.flat_map(|word| host.read(word, Width::W64).unwrap_or(0).to_le_bytes()).collect()
}

/// Drives a run.
pub struct Runner {
    calls: Receiver<Call>,
    state: State,
}

impl Runner {
    /// A run that carries out what comes over a channel, and ends when nobody can send any more.
    pub fn new(calls: Receiver<Call>, state: State) -> Self {
        Self { calls, state }
    }

    fn call(&mut self, call: Call, session: &mut Session<Nucleo>, host: &mut dyn Host, stop: Stop) {
        call(&mut Stage { session, host, stop, runner: &mut self.state });
    }
}

impl Driver<Nucleo> for Runner {
    fn on_settled(&mut self, session: &mut Session<Nucleo>, _: &mut dyn Host, settled: Settled) {
        let instructions = match settled {
            Settled::Access { access, .. } if (0x4002_9000..0x4002_9100).contains(&access.address) => {
                access.instruction_count
            }
            Settled::Stop(stop) => stop.instruction_count,
            _ => return,
        };
        let mut wire = session.board_mut().part.wire.state();
        while let Some(frame) = wire.sent.pop_front() {
            self.state.sent.push(instructions);
            self.state.marks.see(&frame, instructions);
            self.state.from_device.push_back(frame);
        }
    }

    fn on_stop(
        &mut self,
        session: &mut Session<Nucleo>,
        stop: Stop,
        host: &mut dyn Host,
    ) -> Option<VirtualNanos> {
        if stop.instruction_count == 0 {
            self.state.scramble(host);
        }
        if !self.state.from_device.is_empty() || !session.board().part.supply {
            self.state.save(session.board(), host);
        }
        self.state.exchange(session.board_mut(), stop.at);
        if let Some(rtt) = &mut self.state.rtt {
            rtt.drain(host);
        }
        loop {
            let wait = self.state.ahead(stop.at.0);
            let call = if wait.is_zero() {
                match self.calls.try_recv() {
                    Ok(call) => call,
                    Err(TryRecvError::Empty) => break,
                    Err(TryRecvError::Disconnected) => return None,
                }
            } else {
                match self.calls.recv_timeout(wait) {
                    Ok(call) => call,
                    Err(RecvTimeoutError::Timeout) => break,
                    Err(RecvTimeoutError::Disconnected) => return None,
                }
            };
            self.call(call, session, host, stop);
        }
        let moving = stop.at.0.saturating_sub(self.state.moved) < AFTERWARDS;
        Some(VirtualNanos(stop.at.0 + if moving { MOVING } else { STILL }))
    }
}
