//! The LAN8742A on the NUCLEO board, at address 0 of the management interface (DS00001989, chapter 4; IEEE 802.3 clause 22).
//!
//! | Covers | |
//! |---|---|
//! | 0 basic control | reset, power down, auto-negotiation and its restart, isolate and loopback as stored bits |
//! | 1 basic status | link (latched low), auto-negotiation complete, the five abilities |
//! | 2, 3 identifiers | 0x0007, 0xC131 |
//! | 4, 5, 6 negotiation | own abilities; the partner's, while there is one, are those of any switch |
//! | 13, 14 MMD access | address and data, 64 Ki registers of device 3 that store |
//! | 17, 18, 27, 30 | stored |
//! | 29 interrupt source | energy on, link down, negotiation complete; cleared by reading |
//! | 31 special control and status | negotiation done, 100 Mbit/s full duplex |
//!
//! | Leaves out | |
//! |---|---|
//! | 10 Mbit/s and half duplex | the partner always offers 100 Mbit/s full duplex |
//! | the interrupt pin | not wired on the board |
//! | wake on LAN, cable diagnostics, symbol error counter | |

use std::collections::BTreeMap;

use super::{dice::Dice, times::Times};
use rigless::time::VirtualNanos;

const RESET: u16 = 1 << 15;
const NEGOTIATE: u16 = 1 << 12;
const POWER_DOWN: u16 = 1 << 11;
const RESTART: u16 = 1 << 9;

const ABILITIES: u16 = 0x7809;
const COMPLETE: u16 = 1 << 5;
const LINK: u16 = 1 << 2;

const RESET_TIME: u64 = 500_000;

/// The model.
#[derive(Debug)]
pub struct Phy {
    dice: Dice,
    times: Times,
    cable: bool,
    control: u16,
    abilities: u16,
    stored: BTreeMap<u8, u16>,
    extended: BTreeMap<u16, u16>,
    extended_address: u16,
    sources: u16,
    /// Until when a reset lasts.
    reset_until: VirtualNanos,
    /// When negotiation is complete, if a cable stays in and nothing restarts it.
    up_at: Option<VirtualNanos>,
    /// Whether the link was lost since the status was read last.
    lost: bool,
}

impl Phy {
    /// A PHY that power has just come to.
    pub fn new(dice: Dice, cable: bool, times: Times, now: VirtualNanos) -> Self {
        let mut phy = Self {
            dice,
            times,
            cable,
            control: 0x3100,
            abilities: 0x01E1,
            stored: BTreeMap::new(),
            extended: BTreeMap::new(),
            extended_address: 0,
            sources: 0,
            reset_until: now,
            up_at: None,
            lost: true,
        };
        phy.negotiate(now);
        phy
    }

    /// The PHY after a power cut; the cable is where it was.
    pub fn restart(&mut self, now: VirtualNanos) {
        *self = Self::new(self.dice.clone(), self.cable, self.times, now);
    }

    /// Puts the cable in or pulls it.
    pub fn plug(&mut self, cable: bool, now: VirtualNanos) {
        if cable != self.cable {
            if self.is_up(now) {
                self.sources |= 1 << 4;
                self.lost = true;
            }
            self.cable = cable;
            self.negotiate(now);
        }
    }

    /// Whether frames pass.
    pub fn is_up(&self, now: VirtualNanos) -> bool {
        self.cable && now >= self.reset_until && self.up_at.is_some_and(|at| now >= at)
    }

    /// What a register reads.
    pub fn read(&mut self, register: u8, now: VirtualNanos) -> u16 {
        let up = self.is_up(now);
        match register {
            0 if now < self.reset_until => self.control | RESET,
            0 => self.control,
            1 => {
                let link = if up && !std::mem::take(&mut self.lost) { LINK } else { 0 };
                ABILITIES | if up { COMPLETE } else { 0 } | link
            }
            2 => 0x0007,
            3 => 0xC131,
            4 => self.abilities,
            5 => {
                if up {
                    0x45E1
                } else {
                    0x0001
                }
            }
            6 => {
                if up {
                    0x0003
                } else {
                    0
                }
            }
            14 if self.stored.get(&13).is_some_and(|control| control >> 14 != 0) => {
                self.extended.get(&self.extended_address).copied().unwrap_or(0)
            }
            14 => self.extended_address,
            29 => std::mem::take(&mut self.sources) | if up { 1 << 6 } else { 0 },
            31 => {
                if up {
                    0x1058
                } else {
                    0x0040
                }
            }
            _ => self.stored.get(&register).copied().unwrap_or(0),
        }
    }

    /// Writes a register.
    pub fn write(&mut self, register: u8, value: u16, now: VirtualNanos) {
        match register {
            0 if value & RESET != 0 => {
                self.restart(now);
                self.reset_until = self.dice.after(now, RESET_TIME);
            }
            0 => {
                self.control = value & !RESTART;
                if value & (RESTART | POWER_DOWN) != 0 || value & NEGOTIATE == 0 {
                    self.lost = true;
                    self.negotiate(now);
                }
            }
            4 => self.abilities = value,
            14 if self.stored.get(&13).is_some_and(|control| control >> 14 != 0) => {
                self.extended.insert(self.extended_address, value);
            }
            14 => self.extended_address = value,
            1..=3 | 5 | 6 | 29 | 31 => {}
            _ => drop(self.stored.insert(register, value)),
        }
    }

    fn negotiate(&mut self, now: VirtualNanos) {
        let starts = self.cable && self.control & (NEGOTIATE | POWER_DOWN) == NEGOTIATE;
        let time = match self.times {
            Times::Short => 20_000_000,
            Times::Datasheet => 1_500_000_000,
        };
        self.up_at = starts.then(|| self.dice.after(now, time));
    }
}
