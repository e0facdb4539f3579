//! The interrupts' vectors: cortex-m-rt asks for one, and none is ever enabled.

unsafe extern "C" {
    fn DefaultHandler();
}

#[used]
#[unsafe(no_mangle)]
#[unsafe(link_section = ".vector_table.interrupts")]
static __INTERRUPTS: [unsafe extern "C" fn(); 1] = [DefaultHandler];
