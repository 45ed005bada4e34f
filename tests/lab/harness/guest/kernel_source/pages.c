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
 * The memory whose journey is watched.
 *
 * A page is 64 lines of 64 bytes: the secret padded to 48 bytes, the page
 * number in hexadecimal, and a tail.  The tail of the first and of the last
 * line ends with the page's generation, so that a page put together from two
 * moments is seen.  With random content only the first line is text and the
 * last word is the generation; so it is with an image, whose pages are taken
 * in turn.
 *
 * The working set is dirtied in turn, so the generation that a page must
 * have follows from the number of pages dirtied so far: a page that arrives
 * stale on the other host is found without a table of what was written.
 */
#include "guest.h"

#define LINE_WORDS 16u
#define PAGE_LINES (PAGE_WORDS / LINE_WORDS)
#define PADDED_WORDS (SECRET_MAX / 4)
#define GENERATION_FIRST (LINE_WORDS - 1)
#define GENERATION_LAST (PAGE_WORDS - 1)
#define LINE_END 0x0A2E2E2Eu    /* "...\n" */
#define BAD_LINES_SHOWN 16u

struct page_counters counters;

static uint32_t line[LINE_WORDS];
static enum fill static_fill;
static struct image image;
static uint32_t first_page, page_count, working_set;
/* The next page to dirty, and how often the working set was gone through. */
static uint32_t dirty_at, dirty_rounds;
static uint32_t check_at;

static uint32_t *address_of(uint32_t index)
{
    return (uint32_t *)((first_page + index) * PAGE_SIZE);
}

/* Eight hexadecimal digits, the first one in the lowest byte. */
static void number_line(uint32_t index)
{
    static const char hex[] = "0123456789abcdef";
    uint32_t number = first_page + index;

    for (uint32_t word = 2; word-- > 0; number >>= 16) {
        line[PADDED_WORDS + word] =
            (uint32_t)hex[number & 15] << 24
            | (uint32_t)hex[number >> 4 & 15] << 16
            | (uint32_t)hex[number >> 8 & 15] << 8
            | (uint32_t)hex[number >> 12 & 15];
    }
}

static uint32_t next_random(uint32_t state)
{
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state;
}

static uint32_t seed_of(uint32_t index)
{
    return ((first_page + index) * 2654435761u) | 1u;
}

static const uint32_t *image_of(uint32_t index)
{
    return image.pages + index % image.count * PAGE_WORDS;
}

static enum fill fill_of(uint32_t index)
{
    return index < working_set && static_fill == FILL_ZERO
        ? FILL_PATTERN : static_fill;
}

static uint32_t generation_of(uint32_t index)
{
    if (index >= working_set) {
        return 0;
    }
    return dirty_rounds + (index < dirty_at);
}

static bool is_zero(const uint32_t *page)
{
    uint32_t seen = 0;

    for (uint32_t word = 0; word < PAGE_WORDS; word++) {
        seen |= page[word];
    }
    return !seen;
}

static void write_page(uint32_t index)
{
    uint32_t *page = address_of(index);
    uint32_t state = seed_of(index);

    if (fill_of(index) == FILL_ZERO) {
        /* Read before writing: the host need not back what stays zero. */
        if (!is_zero(page)) {
            for (uint32_t word = 0; word < PAGE_WORDS; word++) {
                page[word] = 0;
            }
        }
        return;
    }
    number_line(index);
    for (uint32_t word = 0; word < LINE_WORDS; word++) {
        page[word] = line[word];
    }
    if (fill_of(index) == FILL_RANDOM) {
        for (uint32_t word = LINE_WORDS; word < PAGE_WORDS; word++) {
            state = next_random(state);
            page[word] = state;
        }
    } else if (fill_of(index) == FILL_IMAGE) {
        const uint32_t *origin = image_of(index);

        for (uint32_t word = LINE_WORDS; word < PAGE_WORDS; word++) {
            page[word] = origin[word];
        }
    } else {
        for (uint32_t at = LINE_WORDS; at < PAGE_WORDS; at += LINE_WORDS) {
            for (uint32_t word = 0; word < LINE_WORDS; word++) {
                page[at + word] = line[word];
            }
        }
    }
    page[GENERATION_FIRST] = 0;
    page[GENERATION_LAST] = 0;
}

/* Collects differences instead of branching on each: this is the hot path. */
static bool is_good(uint32_t index)
{
    const uint32_t *page = address_of(index);
    uint32_t generation = generation_of(index);
    uint32_t state = seed_of(index), differs = 0;

    if (fill_of(index) == FILL_ZERO) {
        return is_zero(page);
    }
    number_line(index);
    for (uint32_t word = 0; word < GENERATION_FIRST; word++) {
        differs |= page[word] ^ line[word];
    }
    differs |= page[GENERATION_FIRST] ^ generation;
    if (fill_of(index) == FILL_RANDOM) {
        for (uint32_t word = LINE_WORDS; word < GENERATION_LAST; word++) {
            state = next_random(state);
            differs |= page[word] ^ state;
        }
    } else if (fill_of(index) == FILL_IMAGE) {
        const uint32_t *origin = image_of(index);

        for (uint32_t word = LINE_WORDS; word < GENERATION_LAST; word++) {
            differs |= page[word] ^ origin[word];
        }
    } else {
        for (uint32_t word = LINE_WORDS; word < GENERATION_LAST; word++) {
            differs |= page[word] ^ line[word % LINE_WORDS];
        }
    }
    return !(differs | (page[GENERATION_LAST] ^ generation));
}

void pages_init(const struct parameters *parameters,
                const struct image *given, uint32_t begin, uint32_t end)
{
    char *text = (char *)line;
    uint32_t length = 0;

    for (; parameters->secret[length]; length++) {
        text[length] = parameters->secret[length];
    }
    for (; length < SECRET_MAX; length++) {
        text[length] = '.';
    }
    line[LINE_WORDS - 2] = LINE_END;
    line[LINE_WORDS - 1] = LINE_END;
    static_fill = parameters->fill;
    image = *given;
    first_page = begin / PAGE_SIZE;
    page_count = end / PAGE_SIZE - first_page;
    if (parameters->working_set_mib > page_count / PAGES_PER_MIB) {
        fail("working_set_mib: more than the memory of this guest");
    }
    working_set = parameters->working_set_mib * PAGES_PER_MIB;
    for (uint32_t index = 0; index < page_count; index++) {
        write_page(index);
    }
}

uint32_t pages_static(void)
{
    return page_count - working_set;
}

uint32_t pages_working_set(void)
{
    return working_set;
}

static void count_bad(uint32_t index)
{
    counters.bad++;
    if (counters.bad <= BAD_LINES_SHOWN) {
        print_number("bad page=", first_page + index);
        print("\n");
    }
}

void pages_dirty(uint32_t count)
{
    /* In registers: writing to the state's page is slow, see guest.h. */
    uint32_t at = dirty_at, generation = dirty_rounds + 1;

    for (uint32_t done = 0; done < count; done++) {
        volatile uint32_t *page = address_of(at);

        /* A stale page would look good again as soon as it is dirtied. */
        if (page[GENERATION_FIRST] != generation - 1
            || page[GENERATION_LAST] != generation - 1) {
            count_bad(at);
        }
        page[GENERATION_FIRST] = generation;
        page[GENERATION_LAST] = generation;
        forget_translation((const void *)page);
        page[GENERATION_FIRST] = generation;
        page[GENERATION_LAST] = generation;
        if (++at == working_set) {
            at = 0;
            generation++;
        }
    }
    dirty_at = at;
    dirty_rounds = generation - 1;
    counters.dirtied += count;
}

void pages_check(uint32_t count)
{
    uint32_t at = check_at;

    for (uint32_t done = 0; done < count; done++) {
        if (!is_good(at)) {
            count_bad(at);
        }
        if (++at == page_count) {
            at = 0;
            counters.passes++;
        }
    }
    check_at = at;
    counters.checked += count;
}
