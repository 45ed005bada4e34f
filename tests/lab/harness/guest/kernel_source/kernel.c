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

/*
 * The lab's guest: fills its memory with a secret, dirties some of it at a
 * chosen rate, checks all of it for ever, and says so once a second on COM1.
 *
 * Time is counted in timer interrupts, so it stands still while the guest is
 * paused and runs on after a migration; a CPU too busy to take every tick
 * makes beats later, never wrong.
 */
#include "guest.h"

#define LOADER_MAGIC 0x2BADB002u
#define HAS_COMMAND_LINE (1u << 2)
#define HAS_MODULES (1u << 3)
#define HAS_MEMORY_MAP (1u << 6)
#define MEMORY_USABLE 1u
#define PAGES_BEGIN 0x200000u
#define LAST_PAGE_32BIT 0xFFFFF000u
#define MAX_BATCH_PAGES 64u

struct multiboot_info {
    uint32_t flags, mem_lower, mem_upper, boot_device, command_line;
    uint32_t mods_count, mods_addr, syms[4];
    uint32_t mmap_length, mmap_addr;
};

struct module {
    uint32_t begin, end, text, reserved;
};

struct __attribute__((packed)) memory_range {
    uint32_t size;
    uint64_t base, length;
    uint32_t type;
};

static struct parameters parameters = {.check_mib_s = 32};

/* The pages of the first module. */
static struct image read_image(const struct multiboot_info *info)
{
    const struct module *module = (const struct module *)info->mods_addr;

    if (!(info->flags & HAS_MODULES) || !info->mods_count
        || module->end - module->begin < PAGE_SIZE) {
        fail("fill=image: a module with at least one page is wanted");
    }
    if (module->begin % PAGE_SIZE) {
        fail("the module does not begin at a page");
    }
    return (struct image){
        .pages = (const uint32_t *)module->begin,
        .count = (module->end - module->begin) / PAGE_SIZE,
    };
}

/* Where the usable memory around PAGES_BEGIN ends. */
static uint32_t memory_end(const struct multiboot_info *info)
{
    uint32_t at = info->mmap_addr;

    while (at < info->mmap_addr + info->mmap_length) {
        const struct memory_range *range = (const struct memory_range *)at;
        uint64_t end = range->base + range->length;

        if (range->type == MEMORY_USABLE && range->base <= PAGES_BEGIN
            && end > PAGES_BEGIN) {
            return end > LAST_PAGE_32BIT ? LAST_PAGE_32BIT
                : (uint32_t)end & ~(PAGE_SIZE - 1);
        }
        at += range->size + sizeof(range->size);
    }
    fail("no usable memory above 2 MiB");
}

static void print_beat(uint32_t beat)
{
    print_number("beat=", beat);
    print_number(" dirtied_pages=", counters.dirtied);
    print_number(" checked_pages=", counters.checked);
    print_number(" bad_pages=", counters.bad);
    print_number(" passes=", counters.passes);
    print("\n");
}

/* Whole pages due after ELAPSED ticks; the fraction waits in *CREDIT. */
static uint32_t pages_due(uint32_t mib_s, uint32_t elapsed, uint32_t *credit)
{
    uint64_t due = (uint64_t)mib_s * PAGES_PER_MIB * elapsed + *credit;
    uint32_t whole = 0;

    /* At most one second is made up for, so this ends soon. */
    while (due >= (uint64_t)TICKS_PER_S << 20) {
        due -= (uint64_t)TICKS_PER_S << 20;
        whole += 1u << 20;
    }
    *credit = (uint32_t)due % TICKS_PER_S;
    return whole + (uint32_t)due / TICKS_PER_S;
}

static STATE_CODE _Noreturn void run(void)
{
    bool flat_out = parameters.dirty_mib_s == RATE_MAX;
    uint32_t seen = ticks, next_beat = ticks + TICKS_PER_S, beat = 0;
    uint32_t dirty_credit = 0, check_credit = 0;

    for (;;) {
        uint32_t now = ticks, elapsed = now - seen;

        seen = now;
        if (elapsed > TICKS_PER_S) {
            elapsed = TICKS_PER_S;
        }
        if (flat_out) {
            pages_dirty(MAX_BATCH_PAGES);
        } else {
            pages_dirty(pages_due(parameters.dirty_mib_s, elapsed,
                                  &dirty_credit));
        }
        pages_check(pages_due(parameters.check_mib_s, elapsed,
                              &check_credit));
        if ((int32_t)(now - next_beat) >= 0) {
            next_beat = now + TICKS_PER_S;
            print_beat(++beat);
        }
        if (!flat_out) {
            timer_sleep_unless_past(now);
        }
    }
}

_Noreturn void kernel_main(uint32_t magic, const struct multiboot_info *info)
{
    struct image image = {0, 0};
    uint32_t begin = PAGES_BEGIN, end;

    console_init();
    if (magic != LOADER_MAGIC || !(info->flags & HAS_COMMAND_LINE)
        || !(info->flags & HAS_MEMORY_MAP)) {
        fail("a multiboot loader with command line and memory map is wanted");
    }
    parameters_read(&parameters, (const char *)info->command_line);
    end = memory_end(info);
    if (parameters.fill == FILL_IMAGE) {
        uint32_t image_end;

        /* The loader puts it after everything else that it loads. */
        image = read_image(info);
        image_end = (uint32_t)(image.pages + image.count * PAGE_WORDS);
        if (begin < image_end) {
            begin = image_end;
        }
        if (begin >= end) {
            fail("fill=image: the module leaves no memory to fill");
        }
    }
    /* All of INFO is read by now: what follows may overwrite it. */
    pages_init(&parameters, &image, begin, end);
    print_number("ready memory_mib=", (end + 0xFFFFF) >> 20);
    print_number(" static_pages=", pages_static());
    print_number(" working_set_pages=", pages_working_set());
    print("\n");
    timer_init();
    run();
}
