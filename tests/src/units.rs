//! The STM32F439's units as models, shared between a driver and the test that watches it.

use std::{cell::RefCell, rc::Rc};

use accel::stm32f4::{Regs, Stm32f4};
use peripherals::{Cryp, Hash, Latency, Rng};

/// The registers of a model that a test keeps a hand on.
#[derive(Clone, Default, Debug)]
pub struct Shared<M>(pub Rc<RefCell<M>>);

macro_rules! registers {
    ($($model:ident),*) => {
        $(impl Regs for Shared<$model> {
            fn read(&mut self, offset: u32) -> u32 {
                self.0.borrow_mut().read(offset)
            }

            fn write(&mut self, offset: u32, value: u32) {
                self.0.borrow_mut().write(offset, value);
            }
        })*
    };
}

registers!(Cryp, Hash, Rng);

/// The driver over three models.
pub type Accelerator = Stm32f4<Shared<Cryp>, Shared<Hash>, Shared<Rng>>;

/// All three units.
#[derive(Clone, Default, Debug)]
pub struct Units {
    /// The cryptographic processor.
    pub cryp: Shared<Cryp>,
    /// The hash processor.
    pub hash: Shared<Hash>,
    /// The random number generator.
    pub rng: Shared<Rng>,
}

impl Units {
    /// Units that answer up to 40 ticks late.
    pub fn late(seed: u64) -> Self {
        let units = Self::default();
        units.cryp.0.borrow_mut().set_latency(Latency::new(seed, 40));
        units.hash.0.borrow_mut().set_latency(Latency::new(seed, 40));
        units.rng.0.borrow_mut().set_latency(Latency::new(seed, 5));
        units
    }

    /// Starts the driver on them.
    pub fn start(&self) -> Accelerator {
        Stm32f4::start(self.cryp.clone(), self.hash.clone(), self.rng.clone())
    }

    /// All units were used, and nothing was done to them that the manual forbids.
    ///
    /// # Panics
    /// When that is not so.
    pub fn assert_well_used(&self) {
        let counters = [
            self.cryp.0.borrow().counters(),
            self.hash.0.borrow().counters(),
            self.rng.0.borrow().counters(),
        ];
        for counters in counters {
            assert!(counters.blocks > 0, "a unit was not used: {counters:?}");
            assert_eq!(counters.misuse, 0, "{counters:?}");
        }
    }
}
