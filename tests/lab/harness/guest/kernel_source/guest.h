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

/* What the parts of the lab's guest kernel know of each other. */
#ifndef LAB_GUEST_H
#define LAB_GUEST_H

#include <stdbool.h>
#include <stdint.h>

#define PAGE_SIZE 4096u
#define PAGE_WORDS (PAGE_SIZE / 4)
#define PAGES_PER_MIB 256u
#define TICKS_PER_S 100u
#define SECRET_MIN 8u
#define SECRET_MAX 48u
#define RATE_MAX UINT32_MAX

/*
 * QEMU 7.2 under TCG loses dirty pages: when migration takes over the log of
 * written pages (cpu_physical_memory_sync_dirty_bitmap in
 * include/exec/ram_addr.h), entries of the vCPU's TLB that allow writes
 * without logging them stay.  A page that is in the TLB is then sent once
 * more and never again, however often it is written.  QEMU 9.0 resets them.
 *
 * A guest whose memory is to be right at the destination keeps clear of it:
 *
 * - writes to a page that has translated code in it never take that short
 *   cut, so the kernel's state and stack share a page with STATE_CODE;
 * - all other pages are written, forgotten by the TLB, and written again
 *   with the same content: one of the two is always logged.
 */
#define STATE_CODE __attribute__((noinline, section(".state_code")))

static inline void forget_translation(const void *page)
{
    __asm__ volatile("invlpg (%0)" : : "r"(page) : "memory");
}

enum fill { FILL_PATTERN, FILL_RANDOM, FILL_ZERO, FILL_IMAGE };

struct parameters {
    char secret[SECRET_MAX + 1];
    uint32_t working_set_mib;
    uint32_t dirty_mib_s;       /* RATE_MAX: as fast as the CPU allows */
    uint32_t check_mib_s;
    enum fill fill;
};

/* console.c: COM1, polled. */
void console_init(void);
void print(const char *text);
void print_number(const char *name, uint64_t value);
_Noreturn void fail(const char *reason);

/* Pages to fill the memory with in turn; they stay where they are. */
struct image {
    const uint32_t *pages;
    uint32_t count;
};

/* parameters.c */
void parameters_read(struct parameters *out, const char *command_line);

/* timer.c */
extern volatile uint32_t ticks;
void timer_init(void);
void timer_sleep_unless_past(uint32_t tick);

/* pages.c */
struct page_counters {
    uint64_t dirtied, checked, bad, passes;
};
extern struct page_counters counters;
void pages_init(const struct parameters *parameters,
                const struct image *image, uint32_t begin, uint32_t end);
uint32_t pages_static(void);
uint32_t pages_working_set(void);
void pages_dirty(uint32_t count);
void pages_check(uint32_t count);

static inline void outb(uint16_t port, uint8_t value)
{
    __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static inline uint8_t inb(uint16_t port)
{
    uint8_t value;

    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

#endif
