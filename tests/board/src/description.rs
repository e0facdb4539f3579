//! What the STM32F439 is beyond rigless' STM32F427: a flash that can be programmed, shared interrupt lines, and the clock
//! gates and reset lines of the units that are modelled here.
//!
//! A bus of rigless cannot be changed after it was built, so this builds one anew. Everything that can be read from the stock
//! bus (instances, register tables, reset values, corrected fields, clocks) is copied from it; what cannot be read (write
//! rules, gates, reset lines, who hears requests) stands here, as in rigless' own `memory_map.rs`.
//!
//! RM0090 rev 22: memory map §2.3, clock gates §6.3.10 to §6.3.14, reset lines §6.3.5 to §6.3.9. Instances are only changed,
//! never added: the part's own wiring counts them in address order.

use rigless::{
    device::RegisterFile,
    soc::{
        Access, Builder, Bus, Clock, Error, Gate, Layout, Peripheral, ReadAction, Region, RegisterSpec,
        Width, WriteModify,
        stm32f427::{self, CPU, MEMORY, SERIAL_INTERFACES, peripherals as part},
    },
};

/// The memory map: the F427's, with a flash that the interface programs.
static MAP: [Region; 5] = [MEMORY[0].programmed_by("FLASH"), MEMORY[1], MEMORY[2], MEMORY[3], MEMORY[4]];

/// Where flash begins.
pub const FLASH_BASE: u64 = 0x0800_0000;
/// The bytes of flash, in two banks.
pub const FLASH_SIZE: usize = 2 << 20;
/// RAM that is lost with the supply: CCM, SRAM, and backup SRAM, whose supply the board ties to the part's.
pub const RAM: [(u64, u64); 3] = [(0x1000_0000, 64 << 10), (0x2000_0000, 192 << 10), (0x4002_4000, 4 << 10)];

/// Builds the bus.
///
/// # Errors
/// When this description and rigless' tables disagree.
pub fn bus() -> Result<Bus, Error> {
    let stock = stm32f427::builder().build()?;
    let mut builder = Bus::builder(CPU, &MAP, stock.peripherals().copied().map(interrupts));
    for peripheral in stock.peripherals() {
        let Some(registers) = stock.registers(peripheral.name) else { continue };
        builder = copied(builder, peripheral, registers);
        if let Some(clock) = stock.clock_of(peripheral.name) {
            builder = builder.clocked_by(peripheral.name, Clock::output(clock.instance, clock.output));
        }
    }
    builder = write_rules(builder);
    builder = gated(builder);
    for instance in ["RTC"].into_iter().chain(SERIAL_INTERFACES).chain(LISTENERS) {
        builder = builder.reads_requests(instance);
    }
    builder.routes_interrupts("SYSCFG").build()
}

/// Who hears requests besides the serial interfaces and the real-time clock.
const LISTENERS: [&str; 7] = ["TIM1", "TIM8", "RCC", "C_ADC", "ADC1", "DMA1", "DMA2"];

/// Table 63 gives Ethernet one line for the whole of it, and the DMA is what raises it.
fn interrupts(peripheral: Peripheral) -> Peripheral {
    match peripheral.name {
        "Ethernet_MAC" => Peripheral { interrupts: &[], ..peripheral },
        "Ethernet_DMA" => Peripheral { interrupts: &[61, 62], ..peripheral },
        _ => peripheral,
    }
}

/// Reset values and fields as the stock bus has them.
fn copied(mut builder: Builder, peripheral: &Peripheral, registers: &RegisterFile) -> Builder {
    for (row, spec) in peripheral.registers.iter().enumerate() {
        let reset = registers.get(Row(row));
        if reset != spec.reset {
            builder = builder.reset(peripheral.name, spec.name, reset);
        }
        for field in registers.fields(row) {
            match spec.fields.iter().find(|tabled| tabled.name == field.name) {
                Some(tabled) if tabled == field => {}
                Some(_) => builder = builder.field(peripheral.name, spec.name, field.name, *field),
                None => {
                    if let Some(declared) = part::declared_fields().find(|declared| *declared == field) {
                        builder = builder.declare(peripheral.name, spec.name, declared);
                    }
                }
            }
        }
    }
    builder
}

/// Status registers whose flags are cleared by writing zero: §17.4.5, §18.4.5, §19.4.4, §19.5.3, §20.4.4, §27.6.6.
fn write_rules(mut builder: Builder) -> Builder {
    const TIMERS: [&str; 14] = [
        "TIM1", "TIM2", "TIM3", "TIM4", "TIM5", "TIM6", "TIM7", "TIM8", "TIM9", "TIM10", "TIM11", "TIM12",
        "TIM13", "TIM14",
    ];
    for timer in TIMERS {
        builder = builder.write_modify(timer, "SR", WriteModify::ZeroToClear);
    }
    for interface in part::I2C_INTERFACES {
        builder = builder.write_modify(interface, "SR1", WriteModify::ZeroToClear);
    }
    builder
}

/// Every gated instance: its bus, its enable bit, its reset bit.
const GATES: [(&str, &str, &str, &str); 50] = [
    ("I2C1", "APB1", "I2C1EN", "I2C1RST"),
    ("I2C2", "APB1", "I2C2EN", "I2C2RST"),
    ("I2C3", "APB1", "I2C3EN", "I2C3RST"),
    ("ADC1", "APB2", "ADC1EN", "ADCRST"),
    ("ADC2", "APB2", "ADC2EN", "ADCRST"),
    ("ADC3", "APB2", "ADC3EN", "ADCRST"),
    ("C_ADC", "APB2", "ADC1EN", "ADCRST"),
    ("USART1", "APB2", "USART1EN", "USART1RST"),
    ("USART2", "APB1", "USART2EN", "UART2RST"),
    ("USART3", "APB1", "USART3EN", "UART3RST"),
    ("USART6", "APB2", "USART6EN", "USART6RST"),
    ("UART4", "APB1", "UART4EN", "UART4RST"),
    ("UART5", "APB1", "UART5EN", "UART5RST"),
    ("UART7", "APB1", "UART7ENR", "UART7RST"),
    ("UART8", "APB1", "UART8ENR", "UART8RST"),
    ("PWR", "APB1", "PWREN", "PWRRST"),
    ("TIM2", "APB1", "TIM2EN", "TIM2RST"),
    ("TIM3", "APB1", "TIM3EN", "TIM3RST"),
    ("TIM4", "APB1", "TIM4EN", "TIM4RST"),
    ("TIM5", "APB1", "TIM5EN", "TIM5RST"),
    ("TIM1", "APB2", "TIM1EN", "TIM1RST"),
    ("TIM8", "APB2", "TIM8EN", "TIM8RST"),
    ("SPI1", "APB2", "SPI1EN", "SPI1RST"),
    ("SPI2", "APB1", "SPI2EN", "SPI2RST"),
    ("SPI3", "APB1", "SPI3EN", "SPI3RST"),
    ("SPI4", "APB2", "SPI4EN", "SPI4RST"),
    ("SPI5", "APB2", "SPI5EN", "SPI5RST"),
    ("SPI6", "APB2", "SPI6EN", "SPI6RST"),
    ("SYSCFG", "APB2", "SYSCFGEN", "SYSCFGRST"),
    ("SDIO", "APB2", "SDIOEN", "SDIORST"),
    ("DMA1", "AHB1", "DMA1EN", "DMA1RST"),
    ("DMA2", "AHB1", "DMA2EN", "DMA2RST"),
    ("GPIOA", "AHB1", "GPIOAEN", "GPIOARST"),
    ("GPIOB", "AHB1", "GPIOBEN", "GPIOBRST"),
    ("GPIOC", "AHB1", "GPIOCEN", "GPIOCRST"),
    ("GPIOD", "AHB1", "GPIODEN", "GPIODRST"),
    ("GPIOE", "AHB1", "GPIOEEN", "GPIOERST"),
    ("GPIOF", "AHB1", "GPIOFEN", "GPIOFRST"),
    ("GPIOG", "AHB1", "GPIOGEN", "GPIOGRST"),
    ("GPIOH", "AHB1", "GPIOHEN", "GPIOHRST"),
    ("GPIOI", "AHB1", "GPIOIEN", "GPIOIRST"),
    ("GPIOJ", "AHB1", "GPIOJEN", "GPIOJRST"),
    ("GPIOK", "AHB1", "GPIOKEN", "GPIOKRST"),
    ("Ethernet_MAC", "AHB1", "ETHMACEN", "ETHMACRST"),
    ("Ethernet_MMC", "AHB1", "ETHMACEN", "ETHMACRST"),
    ("Ethernet_DMA", "AHB1", "ETHMACEN", "ETHMACRST"),
    ("OTG_FS_GLOBAL", "AHB2", "OTGFSEN", "OTGFSRST"),
    ("CRYP", "AHB2", "CRYPEN", "CRYPRST"),
    ("HASH", "AHB2", "HASHEN", "HSAHRST"),
    ("RNG", "AHB2", "RNGEN", "RNGRST"),
];

fn gated(mut builder: Builder) -> Builder {
    for (instance, bus, enable, reset) in GATES {
        let (enables, resets) = match bus {
            "AHB1" => ("AHB1ENR", "AHB1RSTR"),
            "AHB2" => ("AHB2ENR", "AHB2RSTR"),
            "APB1" => ("APB1ENR", "APB1RSTR"),
            _ => ("APB2ENR", "APB2RSTR"),
        };
        builder = builder.gate(instance, Gate::by("RCC", enables, enable));
        builder = builder.reset_by(instance, Gate::by("RCC", resets, reset));
    }
    // §5.5.1: the backup domain is write-protected until PWR_CR's DBP is set.
    builder = builder.gate_writes("RCC", &["BDCR"], Gate::by("PWR", "CR", "DBP"));
    builder.gate_writes("RTC", &[], Gate::by("PWR", "CR", "DBP"))
}

/// A register by its place in its instance's table, whichever instance that is: what copies values between two buses.
#[derive(Clone, Copy, Debug)]
pub struct Row(pub usize);

const ANY: RegisterSpec = RegisterSpec {
    name: "",
    offset: 0,
    width: Width::W32,
    reset: 0,
    access: Access::ReadWrite,
    read: ReadAction::None,
    write: WriteModify::None,
    fields: &[],
};

impl Layout for Row {
    const REGISTERS: &'static [RegisterSpec] = &[ANY];

    fn from_index(index: usize) -> Option<Self> {
        Some(Self(index))
    }

    fn index(self) -> usize {
        self.0
    }

    fn spec(self) -> &'static RegisterSpec {
        &ANY
    }
}
