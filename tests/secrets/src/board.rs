//! Where the program runs: on a PC, or on QEMU's mps2-an386. Its last line is `secrets<TAB>ok` when nothing was found.

/// Prints a line.
#[macro_export]
macro_rules! say {
    ($($argument:tt)*) => {{
        #[cfg(target_os = "none")]
        cortex_m_semihosting::hprintln!($($argument)*);
        #[cfg(not(target_os = "none"))]
        println!($($argument)*);
    }};
}

const VERDICT: &str = "secrets\tok";

/// Ends the program on a PC.
#[cfg(not(target_os = "none"))]
pub fn end(good: bool) -> std::process::ExitCode {
    if good {
        println!("{VERDICT}");
        std::process::ExitCode::SUCCESS
    } else {
        std::process::ExitCode::FAILURE
    }
}

#[cfg(target_os = "none")]
#[path = "../../bench/ours/src/vectors.rs"]
mod vectors;

#[cfg(target_os = "none")]
mod microcontroller {
    use cortex_m_semihosting::{debug, hprintln};

    #[cortex_m_rt::entry]
    fn main() -> ! {
        let good = crate::run();
        if good {
            hprintln!("{}", super::VERDICT);
        }
        debug::exit(if good { debug::EXIT_SUCCESS } else { debug::EXIT_FAILURE });
        loop {}
    }

    #[panic_handler]
    fn panic(info: &core::panic::PanicInfo<'_>) -> ! {
        hprintln!("{}", info);
        debug::exit(debug::EXIT_FAILURE);
        loop {}
    }
}
