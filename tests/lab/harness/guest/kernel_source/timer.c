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

/* The 100 Hz tick: GDT is set, so here are IDT, PIC and PIT. */
#include "guest.h"

#define VECTORS 48
#define EXCEPTIONS 21
#define IRQ_BASE 32
#define PIT_HZ 1193182u

struct __attribute__((packed)) gate {
    uint16_t offset_low, selector;
    uint8_t zero, type;
    uint16_t offset_high;
};

struct __attribute__((packed)) table_pointer {
    uint16_t limit;
    uint32_t base;
};

extern const uint32_t exception_stubs[EXCEPTIONS];
extern void timer_stub(void);

volatile uint32_t ticks;
static struct gate gates[VECTORS];

/* Called from boot.S. */
void timer_tick(void)
{
    ticks++;
    outb(0x20, 0x20);
}

/* Called from boot.S with what the CPU pushed. */
_Noreturn void exception_halt(uint32_t vector, uint32_t eip)
{
    print_number("\nexception=", vector);
    print_number(" eip=", eip);
    print("\n");
    fail("the guest kernel took a CPU exception");
}

static void set_gate(uint32_t vector, uint32_t handler)
{
    gates[vector] = (struct gate){
        .offset_low = (uint16_t)handler,
        .selector = 0x08,
        .type = 0x8E,
        .offset_high = (uint16_t)(handler >> 16),
    };
}

void timer_init(void)
{
    struct table_pointer pointer = {sizeof(gates) - 1, (uint32_t)gates};
    uint32_t divisor = (PIT_HZ + TICKS_PER_S / 2) / TICKS_PER_S;

    for (uint32_t vector = 0; vector < EXCEPTIONS; vector++) {
        set_gate(vector, exception_stubs[vector]);
    }
    set_gate(IRQ_BASE, (uint32_t)timer_stub);
    __asm__ volatile("lidt %0" : : "m"(pointer));

    outb(0x20, 0x11);           /* both PICs: vectors 32 to 47 */
    outb(0xA0, 0x11);
    outb(0x21, IRQ_BASE);
    outb(0xA1, IRQ_BASE + 8);
    outb(0x21, 0x04);
    outb(0xA1, 0x02);
    outb(0x21, 0x01);
    outb(0xA1, 0x01);
    outb(0x21, 0xFE);           /* the timer only */
    outb(0xA1, 0xFF);

    outb(0x43, 0x34);           /* channel 0, rate generator */
    outb(0x40, (uint8_t)divisor);
    outb(0x40, (uint8_t)(divisor >> 8));
    __asm__ volatile("sti");
}

/* Sleeps until the next interrupt unless the clock has moved past TICK. */
void timer_sleep_unless_past(uint32_t tick)
{
    __asm__ volatile("cli");
    if (ticks == tick) {
        /* sti takes effect after hlt has begun: no tick is slept over. */
        __asm__ volatile("sti; hlt");
    } else {
        __asm__ volatile("sti");
    }
}
