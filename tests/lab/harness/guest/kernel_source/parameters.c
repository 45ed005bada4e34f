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
 * The multiboot command line.  QEMU passes "<kernel file> <arguments>", so
 * the first word is skipped.  An error names the parameter, never its value:
 * it could be the secret.
 */
#include "guest.h"

#define MIB_LIMIT 1048576u

static bool is_end(char c)
{
    return c == '\0' || c == ' ';
}

/* The text after NAME when the word begins with it, else a null pointer. */
static const char *value_of(const char *word, const char *name)
{
    for (; *name; name++, word++) {
        if (*name != *word) {
            return 0;
        }
    }
    return word;
}

static bool equals(const char *word, const char *expected)
{
    const char *rest = value_of(word, expected);

    return rest && is_end(*rest);
}

static uint32_t read_number(const char *text, const char *reason)
{
    uint32_t value = 0;

    if (is_end(*text)) {
        fail(reason);
    }
    for (; !is_end(*text); text++) {
        if (*text < '0' || *text > '9') {
            fail(reason);
        }
        value = value * 10 + (uint32_t)(*text - '0');
        if (value > MIB_LIMIT) {
            fail(reason);
        }
    }
    return value;
}

static void read_secret(char *secret, const char *text)
{
    uint32_t length = 0;

    for (; !is_end(text[length]); length++) {
        if (length == SECRET_MAX || text[length] < '!'
            || text[length] > '~') {
            fail("secret: 8 to 48 printable characters are wanted");
        }
        secret[length] = text[length];
    }
    secret[length] = '\0';
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void read_secret_hex(char *secret, const char *text)
{
    uint32_t length = 0;

    for (; !is_end(*text); text += 2, length++) {
        int high = hex_digit(text[0]);
        int low = is_end(text[0]) ? -1 : hex_digit(text[1]);
        int value = high << 4 | low;

        if (length == SECRET_MAX || high < 0 || low < 0 || value < '!'
            || value > '~') {
            fail("secret_hex: 8 to 48 printable characters, written as"
                 " lower case hexadecimal, are wanted");
        }
        secret[length] = (char)value;
    }
    secret[length] = '\0';
}

static void read_word(struct parameters *out, const char *word)
{
    const char *value;

    if ((value = value_of(word, "secret="))) {
        read_secret(out->secret, value);
    } else if ((value = value_of(word, "secret_hex="))) {
        read_secret_hex(out->secret, value);
    } else if ((value = value_of(word, "working_set_mib="))) {
        out->working_set_mib = read_number(
            value, "working_set_mib: a number is wanted");
    } else if ((value = value_of(word, "check_mib_s="))) {
        out->check_mib_s = read_number(
            value, "check_mib_s: a number is wanted");
    } else if ((value = value_of(word, "dirty_mib_s="))) {
        out->dirty_mib_s = equals(value, "max") ? RATE_MAX : read_number(
            value, "dirty_mib_s: a number or max is wanted");
    } else if (equals(word, "fill=pattern")) {
        out->fill = FILL_PATTERN;
    } else if (equals(word, "fill=random")) {
        out->fill = FILL_RANDOM;
    } else if (equals(word, "fill=zero")) {
        out->fill = FILL_ZERO;
    } else if (equals(word, "fill=image")) {
        out->fill = FILL_IMAGE;
    } else if (value_of(word, "fill=")) {
        fail("fill: pattern, random, zero or image is wanted");
    } else {
        fail("unknown parameter");
    }
}

void parameters_read(struct parameters *out, const char *command_line)
{
    const char *at = command_line;
    uint32_t length = 0;

    while (!is_end(*at)) {
        at++;
    }
    for (;;) {
        while (*at == ' ') {
            at++;
        }
        if (!*at) {
            break;
        }
        read_word(out, at);
        while (!is_end(*at)) {
            at++;
        }
    }
    while (out->secret[length]) {
        length++;
    }
    if (length < SECRET_MIN) {
        fail("secret: 8 to 48 printable characters are wanted");
    }
    if (out->dirty_mib_s && !out->working_set_mib) {
        fail("dirty_mib_s: a working_set_mib is wanted too");
    }
}
