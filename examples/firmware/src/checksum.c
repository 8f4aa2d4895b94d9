#include "checksum.h"

uint16_t checksum(const uint8_t *bytes, size_t count) {
    uint16_t sum = 0xFFFF;
    for (size_t i = 0; i < count; i++) {
        sum ^= bytes[i];
        for (int bit = 0; bit < 8; bit++) {
            sum = sum & 1 ? (uint16_t)(sum >> 1 ^ 0xA001) : (uint16_t)(sum >> 1);
        }
    }
    return sum;
}
