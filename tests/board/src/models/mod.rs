//! The models of what the STM32F439 has and rigless' STM32F427 does not, one file per unit. Each begins with a table of what
//! it covers and what it leaves out, from the register descriptions of RM0090 rev 22.

pub mod dice;
pub mod ethernet;
pub mod flash;
pub mod phy;
pub mod syscfg;
pub mod times;
