/* Registers: STMicroelectronics RM0090, "STM32F405/415 … reference manual", chapters RCC,
 * GPIO and USART. */

#include "serial.h"

#include <stdint.h>

#define REGISTER(address) (*(volatile uint32_t *)(address))

#define RCC_AHB1ENR REGISTER(0x40023830)
#define RCC_APB2ENR REGISTER(0x40023844)
#define GPIOA_MODER REGISTER(0x40020000)
#define GPIOA_AFRH REGISTER(0x40020024)
#define USART1_SR REGISTER(0x40011000)
#define USART1_DR REGISTER(0x40011004)
#define USART1_BRR REGISTER(0x40011008)
#define USART1_CR1 REGISTER(0x4001100C)

enum { HSI_HERTZ = 16000000, BAUD = 115200 };

void serial_start(void) {
    RCC_AHB1ENR |= 1u << 0; /* GPIOA */
    RCC_APB2ENR |= 1u << 4; /* USART1 */
    GPIOA_MODER = (GPIOA_MODER & ~(3u << 18)) | 2u << 18;
    GPIOA_AFRH = (GPIOA_AFRH & ~(0xFu << 4)) | 7u << 4;
    USART1_BRR = (HSI_HERTZ + BAUD / 2) / BAUD;
    USART1_CR1 = 1u << 13 | 1u << 3; /* UE, TE */
}

/* newlib's `printf` ends here. */
int _write(int file, const char *text, int length) {
    (void)file;
    for (int i = 0; i < length; i++) {
        while (!(USART1_SR & 1u << 7)) {
        }
        USART1_DR = (uint8_t)text[i];
    }
    return length;
}
