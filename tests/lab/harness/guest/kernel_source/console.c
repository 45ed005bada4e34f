/*
 * Licensed under the Apache License, Version 2.0 (the "License"); you may
 * not use this file except in compliance with the License. You may obtain
 * a copy of the License at
 *
 *      http://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
 * WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
 * License for the specific language governing permissions and limitations
 * under the License.
 */

/* The serial console: one line per event, for the harness to parse. */
#include "guest.h"

#define COM1 0x3F8

void console_init(void)
{
    outb(COM1 + 1, 0x00);       /* no interrupts */
    outb(COM1 + 3, 0x80);
    outb(COM1 + 0, 1);          /* 115200 baud */
    outb(COM1 + 1, 0);
    outb(COM1 + 3, 0x03);       /* 8N1 */
    outb(COM1 + 2, 0xC7);
    outb(COM1 + 4, 0x03);
}

void print(const char *text)
{
    for (; *text; text++) {
        while (!(inb(COM1 + 5) & 0x20)) {
        }
        outb(COM1, (uint8_t)*text);
    }
}

/*
 * Divides by ten in two steps of 32 bits: 64 by 64 bit division would need
 * libgcc's 32-bit build, which an amd64 compiler alone does not bring.
 */
static uint32_t take_digit(uint64_t *value)
{
    uint32_t high = (uint32_t)(*value >> 32), low = (uint32_t)*value;
    uint32_t quotient, remainder;

    __asm__("divl %4"
            : "=a"(quotient), "=d"(remainder)
            : "a"(low), "d"(high % 10), "r"(10u));
    *value = (uint64_t)(high / 10) << 32 | quotient;
    return remainder;
}

void print_number(const char *name, uint64_t value)
{
    char digits[21];
    uint32_t at = sizeof(digits) - 1;

    digits[at] = '\0';
    do {
        digits[--at] = (char)('0' + take_digit(&value));
    } while (value);
    print(name);
    print(&digits[at]);
}

_Noreturn void fail(const char *reason)
{
    print("error ");
    print(reason);
    print("\n");
    for (;;) {
        __asm__ volatile("cli; hlt");
    }
}
