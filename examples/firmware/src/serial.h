/* The serial port USART1, pin PA9: 115 200 baud, eight bits, no parity. */

#pragma once

void serial_start(void);
