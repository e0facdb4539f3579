//! How the firmwares that try the virtual board's models start the chip: as the product's does.
//!
//! `hello` uses what the board is made of, `validation` its cryptographic units; both by drivers that are not ours.
#![no_std]

use embassy_stm32::Config;

/// 168 MHz from the ST-LINK's 8 MHz, and 48 MHz for the random number generator.
pub fn clocks() -> Config {
    use embassy_stm32::rcc::{
        AHBPrescaler, APBPrescaler, Hse, HseMode, Pll, PllMul, PllPDiv, PllPreDiv, PllQDiv, PllSource,
        Sysclk, mux,
    };
    let mut config = Config::default();
    config.rcc.hse = Some(Hse { freq: embassy_stm32::time::Hertz(8_000_000), mode: HseMode::Bypass });
    config.rcc.pll_src = PllSource::HSE;
    config.rcc.pll = Some(Pll {
        prediv: PllPreDiv::DIV4,
        mul: PllMul::MUL168,
        divp: Some(PllPDiv::DIV2),
        divq: Some(PllQDiv::DIV7),
        divr: None,
    });
    config.rcc.ahb_pre = AHBPrescaler::DIV1;
    config.rcc.apb1_pre = APBPrescaler::DIV4;
    config.rcc.apb2_pre = APBPrescaler::DIV2;
    config.rcc.sys = Sysclk::PLL1_P;
    config.rcc.mux.clk48sel = mux::Clk48sel::PLL1_Q;
    config
}
