//! The clock tree (RM0090 §6): 8 MHz from the ST-LINK to 168 MHz for the core and exactly 48 MHz for the random number generator.
//!
//! 180 MHz would be possible, but then no divider gives 48 MHz.

use embassy_stm32::{
    Config,
    rcc::{
        AHBPrescaler, APBPrescaler, Hse, HseMode, Pll, PllMul, PllPDiv, PllPreDiv, PllQDiv, PllSource,
        Sysclk, mux,
    },
    time::Hertz,
};

/// What embassy-stm32 is started with.
pub(crate) fn config() -> Config {
    let mut config = Config::default();
    let rcc = &mut config.rcc;
    rcc.hse = Some(Hse { freq: Hertz(8_000_000), mode: HseMode::Bypass });
    rcc.pll_src = PllSource::HSE;
    // 8 MHz / 4 * 168 = 336 MHz; / 2 = 168 MHz; / 7 = 48 MHz.
    rcc.pll = Some(Pll {
        prediv: PllPreDiv::DIV4,
        mul: PllMul::MUL168,
        divp: Some(PllPDiv::DIV2),
        divq: Some(PllQDiv::DIV7),
        divr: None,
    });
    rcc.sys = Sysclk::PLL1_P;
    rcc.ahb_pre = AHBPrescaler::DIV1;
    rcc.apb1_pre = APBPrescaler::DIV4;
    rcc.apb2_pre = APBPrescaler::DIV2;
    rcc.mux.clk48sel = mux::Clk48sel::PLL1_Q;
    config
}
