/* CRC-16 as Modbus has it: "MODBUS over Serial Line", version 1.02, 6.2.2. */

#pragma once

#include <stddef.h>
#include <stdint.h>

uint16_t checksum(const uint8_t *bytes, size_t count);
