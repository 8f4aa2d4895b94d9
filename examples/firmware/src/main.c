/* Sends a reading every 100 ms, with a checksum. */

#include <stdint.h>
#include <stdio.h>

#include "checksum.h"
#include "serial.h"

#define SYST_CSR (*(volatile uint32_t *)0xE000E010)
#define SYST_RVR (*(volatile uint32_t *)0xE000E014)

enum { TICKS_A_SECOND = 10, CORE_HERTZ = 16000000 };

static volatile uint32_t ticks;

/* The last readings, the newest last. */
static int16_t history[64];

/* Hundredths of a degree. There is no sensor on this board: a triangle stands for one. */
static int16_t temperature = 2150;
static int16_t step = 5;

void SysTick_Handler(void) {
    ticks++;
}

static void sample(void) {
    if (temperature > 2300 || temperature < 2000) {
        step = (int16_t)-step;
    }
    temperature = (int16_t)(temperature + step);
    for (unsigned i = 1; i < sizeof history / sizeof *history; i++) {
        history[i - 1] = history[i];
    }
    history[sizeof history / sizeof *history - 1] = temperature;
}

int main(void) {
    serial_start();
    SYST_RVR = CORE_HERTZ / TICKS_A_SECOND - 1;
    SYST_CSR = 7; /* enabled, with its interrupt, by the core's clock */
    for (uint32_t seen = 0;;) {
        if (ticks == seen) {
            __asm__ volatile("wfi");
            continue;
        }
        seen = ticks;
        sample();
        uint16_t sum = checksum((const uint8_t *)history, sizeof history);
        printf("%lu %d.%02d %04x\n", (unsigned long)seen, temperature / 100, temperature % 100,
               sum);
        fflush(stdout);
    }
}
