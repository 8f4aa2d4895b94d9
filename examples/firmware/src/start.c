/* What a Cortex-M does before `main`: ARMv7-M Architecture Reference Manual, DDI 0403, B1.5. */

#include <stdint.h>

/* Set by the linker script that `orch` makes of the target's memories. */
extern uint32_t _estack, _sidata, _sdata, _edata, _sbss, _ebss;

int main(void);
void __libc_init_array(void);
void SysTick_Handler(void);

/* newlib wants it; the work of the compiler's own `crti.o`, which is not linked. */
void _init(void) {}

void Reset_Handler(void) {
    /* CP10 and CP11: the floating point unit. */
    *(volatile uint32_t *)0xE000ED88 |= 0xFu << 20;
    __asm__ volatile("dsb\n isb");
    for (uint32_t *from = &_sidata, *to = &_sdata; to < &_edata;) {
        *to++ = *from++;
    }
    for (uint32_t *to = &_sbss; to < &_ebss;) {
        *to++ = 0;
    }
    __libc_init_array();
    main();
    for (;;) {
        __asm__ volatile("wfi");
    }
}

static void stop(void) {
    for (;;) {
        __asm__ volatile("wfi");
    }
}

/* The exceptions that every chip with this core has; its interrupts would follow. */
__attribute__((section(".isr_vector"), used))
static void (*const vectors[16])(void) = {
    [0] = (void (*)(void))&_estack,
    [1] = Reset_Handler,
    [2] = stop,  /* NMI */
    [3] = stop,  /* HardFault */
    [4] = stop,  /* MemManage */
    [5] = stop,  /* BusFault */
    [6] = stop,  /* UsageFault */
    [11] = stop, /* SVCall */
    [12] = stop, /* DebugMonitor */
    [14] = stop, /* PendSV */
    [15] = SysTick_Handler,
};
