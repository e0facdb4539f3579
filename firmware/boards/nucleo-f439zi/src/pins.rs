//! Inputs and outputs; the table of them is in the README.

use embassy_stm32::{
    Peri,
    gpio::{Input, Level, Output, Pull, Speed},
    peripherals::{PB0, PB7, PB14, PC13, PE13, PF13, PF14, PF15},
};
use embassy_time::Timer;

/// The pins as the device sees them.
pub(crate) struct NucleoPins {
    /// The button: pressed is high.
    button: Input<'static>,
    /// Contacts to ground: closed is low.
    contacts: [Input<'static>; 3],
    /// The three LEDs and the relay: on is high.
    outputs: [Output<'static>; 4],
}

type Inputs = (Peri<'static, PC13>, Peri<'static, PF15>, Peri<'static, PE13>, Peri<'static, PF14>);
type Outputs = (Peri<'static, PB0>, Peri<'static, PB7>, Peri<'static, PB14>, Peri<'static, PF13>);

impl NucleoPins {
    /// All outputs off.
    pub(crate) fn start(inputs: Inputs, outputs: Outputs) -> Self {
        Self {
            button: Input::new(inputs.0, Pull::None),
            contacts: [
                Input::new(inputs.1, Pull::Up),
                Input::new(inputs.2, Pull::Up),
                Input::new(inputs.3, Pull::Up),
            ],
            outputs: [
                Output::new(outputs.0, Level::Low, Speed::Low),
                Output::new(outputs.1, Level::Low, Speed::Low),
                Output::new(outputs.2, Level::Low, Speed::Low),
                Output::new(outputs.3, Level::Low, Speed::Low),
            ],
        }
    }
}

impl NucleoPins {
    /// Whether the button is held for five seconds from now on; the red LED is on while this may still be.
    pub(crate) async fn is_button_held(&mut self) -> bool {
        let [_, _, lamp, _] = &mut self.outputs;
        let mut is_held = true;
        for _ in 0..50 {
            is_held &= self.button.is_high();
            if !is_held {
                break;
            }
            lamp.set_high();
            Timer::after_millis(100).await;
        }
        lamp.set_low();
        is_held
    }
}

impl firmware::board::Pins for NucleoPins {
    const INPUTS: usize = 4;
    const OUTPUTS: usize = 4;

    fn inputs(&mut self) -> u8 {
        let contacts =
            self.contacts.iter().rev().fold(0, |bits, contact| bits << 1 | u8::from(contact.is_low()));
        contacts << 1 | u8::from(self.button.is_high())
    }

    fn set_outputs(&mut self, outputs: u8) {
        for (index, pin) in self.outputs.iter_mut().enumerate() {
            pin.set_level(Level::from(outputs >> index & 1 != 0));
        }
    }
}
