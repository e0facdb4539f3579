//! Inputs by command, outputs as lines.

use std::sync::atomic::{AtomicU8, Ordering};

use crate::say;

/// The inputs' levels, input 0 in bit 0.
pub static INPUTS: AtomicU8 = AtomicU8::new(0);

/// Four inputs and four outputs.
#[derive(Default)]
pub struct HostPins {
    outputs: Option<u8>,
}

impl firmware::board::Pins for HostPins {
    const INPUTS: usize = 4;
    const OUTPUTS: usize = 4;

    fn inputs(&mut self) -> u8 {
        INPUTS.load(Ordering::SeqCst)
    }

    fn set_outputs(&mut self, outputs: u8) {
        if self.outputs != Some(outputs) {
            self.outputs = Some(outputs);
            let names: Vec<String> = (1_u8..=4)
                .zip([1, 2, 4, 8])
                .map(|(number, bit)| format!("{number}={}", if outputs & bit != 0 { "on" } else { "off" }))
                .collect();
            say(&format!("outputs {}", names.join(" ")));
        }
    }
}

/// Sets the level of an input, counted from 0.
pub fn set_input(number: u8, active: bool) {
    let bit = 1_u8.checked_shl(number.into()).unwrap_or(0);
    if active {
        INPUTS.fetch_or(bit, Ordering::SeqCst);
    } else {
        INPUTS.fetch_and(!bit, Ordering::SeqCst);
    }
}
